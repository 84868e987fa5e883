import MixFlowTensor

/// Sums the gradients of a step over all processes while the backward pass still runs.
///
/// Gradients are collected into buckets in the order in which they become final, which is the same in
/// all processes; a full bucket is sent at once.
package final class GradientExchange {
  /// The gradients that travel together.
  ///
  /// Unchecked: the group's thread changes the tensors between `send` and the end of the transfer, this
  /// one before and after.
  private final class Bucket: @unchecked Sendable {
    let parameters: [Parameter]
    var gradients: [Tensor]

    /// Takes the gradients out of their parameters, so that nothing else owns them.
    init(_ parameters: [Parameter]) {
      self.parameters = parameters
      gradients = parameters.map { parameter in
        defer { parameter.gradient = nil }
        return parameter.gradient ?? Tensor(zeros: parameter.shape)
      }
    }

    func giveBack() {
      for (parameter, gradient) in zip(parameters, gradients) { parameter.gradient = gradient }
      gradients = []
    }
  }

  private let group: ProcessGroup
  private let window: GradientWindow
  private let bucketFloats: Int
  private var collected: [Parameter] = []
  private var collectedFloats = 0
  private var travelling: [(bucket: Bucket, transfer: PendingTransfer)] = []

  /// Prepares exchanges.
  ///
  /// - Parameters:
  ///   - group: The processes.
  ///   - bucketBytes: The size of a bucket in bytes of float32, at least 4.
  ///   - wire: What is sent.
  package init(_ group: ProcessGroup, bucketBytes: Int, wire: GradientWire) {
    self.group = group
    bucketFloats = max(1, bucketBytes / 4)
    window = GradientWindow(floats: bucketFloats, size: group.size, wire: wire)
  }

  /// Sends the gradient of a parameter, which is final; it is gone until ``finish()``.
  package func add(_ parameter: Parameter) {
    collected.append(parameter)
    collectedFloats += parameter.value.count
    if collectedFloats >= bucketFloats { send() }
  }

  /// Sends what is left and waits until all parameters have the sums of their gradients.
  package func finish() throws {
    send()
    defer { travelling = [] }
    for (bucket, transfer) in travelling {
      try transfer.wait()
      bucket.giveBack()
    }
  }

  private func send() {
    guard !collected.isEmpty else { return }
    let bucket = Bucket(collected)
    (collected, collectedFloats) = ([], 0)
    let transfer = group.enqueue { [window] collectives in
      try window.sum(&bucket.gradients, over: collectives)
    }
    travelling.append((bucket, transfer))
  }
}
