/// What kind of work an operation does.
public enum OperationKind: Hashable, Sendable {
  /// The matrix products of a linear layer, told apart by the layer's sizes.
  case linear(inputs: Int, outputs: Int)
  /// Convolutions of images.
  case convolution
  /// Scaled dot-product attention, its products included.
  case attention
  /// Normalisations over rows or groups, with their modulation.
  case normalization
  /// Functions of single elements such as GELU, and softmax.
  case activation
  /// Sums and products of arrays, gated residuals among them.
  case elementwise
  /// Embeddings of times, classes and positions.
  case embedding
  /// Moves of elements: patches, parts, joins, images of other sizes.
  case layout
  /// Sums over whole arrays: losses and norms.
  case reduction
  /// The weighted sums of states that paths, guidance and solvers make.
  case transport
  /// Data and noise of training batches.
  case batch
  /// Updates of parameters, moments and averages.
  case optimizer
  /// What a pass spends between its operations: calls, copies, memory.
  case betweenOperations
}

/// Which way through a network an operation belongs to.
public enum ComputationPass: Int, CaseIterable, Comparable, Sendable {
  /// From inputs to a prediction.
  case forward
  /// From the prediction's gradient to those of the parameters.
  case backward
  /// Forward again inside the backward pass, where activations were not kept.
  case recomputation
  /// Everything around the network: data, loss, solver, optimizer.
  case around

  /// Compares the order in a step.
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// Where the time of a computation went.
public struct Profile: Sendable {
  /// What is counted together.
  public struct Key: Hashable, Sendable {
    /// The way through the network.
    public let pass: ComputationPass
    /// The kind of work.
    public let kind: OperationKind

    /// Names what is counted together.
    public init(_ pass: ComputationPass, _ kind: OperationKind) {
      self.pass = pass
      self.kind = kind
    }
  }

  /// What operations took.
  public struct Cost: Equatable, Sendable {
    /// The number of operations.
    public internal(set) var calls = 0
    /// Their time, without that of operations inside them.
    public internal(set) var seconds = 0.0
    /// Floating-point operations of matrix products; a fused multiply-add is two.
    public internal(set) var flops = 0
    /// Bytes that must be read or written at least once.
    public internal(set) var bytes = 0
  }

  /// The costs.
  public internal(set) var costs: [Key: Cost] = [:]
  /// How often ``Profiler/measure(_:)`` measured.
  public internal(set) var rounds = 0
  /// The time of these rounds.
  public internal(set) var seconds = 0.0

  /// The time that no operation accounts for.
  public var rest: Double { seconds - costs.values.reduce(0) { $0 + $1.seconds } }
}
