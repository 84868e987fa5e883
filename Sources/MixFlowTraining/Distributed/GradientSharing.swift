import MixFlowTensor

/// How the processes of a group share the steps of a training.
public struct GradientSharing {
  /// The processes.
  public let group: ProcessGroup
  /// Who keeps which state of the optimizer; nil where each process keeps all.
  let shards: OptimizerShards?
  private let exchange: GradientExchange

  /// Prepares exchanges of gradients.
  ///
  /// - Parameters:
  ///   - group: The processes.
  ///   - parameters: The trainable parameters of the model.
  ///   - bucketBytes: The size of what is sent at once, in bytes of float32.
  ///   - wire: What gradients are sent as.
  ///   - shardsOptimizer: Whether each process keeps the optimizer's state of a part of the parameters
  ///     alone.
  public init(
    _ group: ProcessGroup, of parameters: [Parameter], bucketBytes: Int = 1 << 25,
    wire: GradientWire = .float32, shardsOptimizer: Bool = false
  ) {
    self.group = group
    shards = shardsOptimizer ? OptimizerShards(parameters, processes: group.size) : nil
    exchange = GradientExchange(group, bucketBytes: bucketBytes, wire: wire)
  }

  /// The number of processes.
  var size: Int { group.size }

  /// The place of this process.
  var rank: Int { group.rank }

  /// Whether this process keeps the optimizer's state of a parameter.
  public func keepsState(of parameter: Parameter) -> Bool {
    shards.map { $0.owner(of: parameter) == rank } ?? true
  }

  /// Sends the gradient of a parameter, which is final, on its way to the others.
  func send(_ parameter: Parameter) { exchange.add(parameter) }

  /// Waits for the sums of all gradients.
  ///
  /// - Parameter sums: The losses of this process's micro-batches.
  /// - Returns: Those of all processes, in the order of the samples.
  /// - Throws: ``DistributedError`` when a transfer fails.
  func join(_ sums: [LossSums]) throws -> [LossSums] {
    try exchange.finish()
    return try group.gather(sums.flatMap { [$0.flow, $0.alignment] }).flatMap { values in
      stride(from: 0, to: values.count, by: 2).map {
        LossSums(flow: values[$0], alignment: values[$0 + 1])
      }
    }
  }

  /// Gives all processes the values of parameters that their owners updated.
  func spread(_ parameters: [Parameter]) throws {
    guard let shards else { return }
    for parameter in parameters {
      let value = try group.broadcast(parameter.value, from: shards.owner(of: parameter))
      if !keepsState(of: parameter) { parameter.assign(value) }
    }
  }
}
