import MixFlowTensor

/// The embedding of times by sinusoids and a small network (SiT's `TimestepEmbedder`).
public struct TimestepEmbedder {
  private static let frequencies = 256
  private let first: Linear
  private let second: Linear

  /// Registers `mlp.0` and `mlp.2` under `scope`.
  public init(width: Int, in scope: ParameterScope) throws {
    let mlp = scope.child("mlp")
    first = try Linear(
      inputs: Self.frequencies, outputs: width, start: .normal, in: mlp.child("0"))
    second = try Linear(inputs: width, outputs: width, start: .normal, in: mlp.child("2"))
  }

  /// Maps times `[B]`, used as they are, to `[B, width]`.
  public func callAsFunction(_ times: [Float], on tape: Tape?) -> Variable {
    let waves = sinusoidalEmbedding(times, width: Self.frequencies)
    return second(silu(first(Variable(constant: waves), on: tape)), on: tape)
  }
}

/// The embedding of times by random Fourier features and a small network (RAE's
/// `GaussianFourierEmbedding`).
public struct FourierEmbedder {
  private static let frequencyCount = 256
  private let frequencies: Parameter
  private let first: Linear
  private let second: Linear

  /// Registers `W`, `mlp.0` and `mlp.2` under `scope`.
  ///
  /// - Parameters:
  ///   - width: The width of an embedding.
  ///   - trainsFrequencies: Whether the frequencies `W` are trained.
  ///   - start: How the two layers start.
  ///   - scope: Where the parameters are registered.
  /// - Throws: What the source of the parameters throws.
  public init(
    width: Int, trainsFrequencies: Bool, start: Linear.Start, in scope: ParameterScope
  ) throws {
    let count = Self.frequencyCount
    frequencies = try scope.parameter(
      "W", shape: [count], initializer: .normal(deviation: 1), isTrainable: trainsFrequencies)
    let mlp = scope.child("mlp")
    first = try Linear(inputs: 2 * count, outputs: width, start: start, in: mlp.child("0"))
    second = try Linear(inputs: width, outputs: width, start: start, in: mlp.child("2"))
  }

  /// The number of parameters for embeddings of a width.
  static func parameterCount(width: Int) -> Int {
    frequencyCount + (2 * frequencyCount + 1) * width + (width + 1) * width
  }

  /// Maps times `[B]` to `[B, width]`.
  public func callAsFunction(_ times: [Float], on tape: Tape?) -> Variable {
    let waves = fourierEmbedding(times, frequencies: frequencies.variable(on: tape))
    return second(silu(first(waves, on: tape)), on: tape)
  }
}

/// The table of class embeddings; its last row stands for no class (SiT's `LabelEmbedder`).
public struct LabelEmbedder {
  private let table: Parameter

  /// Registers `embedding_table.weight` `[rows, width]` under `scope`.
  public init(rows: Int, width: Int, in scope: ParameterScope) throws {
    table = try scope.child("embedding_table").parameter(
      "weight", shape: [rows, width], initializer: .normal(deviation: 0.02))
  }

  /// Maps labels `[B]` to `[B, width]`.
  public func callAsFunction(_ labels: [Int], on tape: Tape?) -> Variable {
    embedding(labels, table: table.variable(on: tape))
  }
}

/// The projection of the conditioning to the chunks of adaLN: `Linear(silu(c))`.
public struct Modulation {
  /// The numbers that it makes for each sample or token, `chunks · width`.
  let outputs: Int
  private let projection: Linear

  /// Registers the projection as `adaLN_modulation.1` under `scope`, starting from zero.
  public init(width: Int, chunks: Int, in scope: ParameterScope) throws {
    outputs = chunks * width
    projection = try Linear(
      inputs: width, outputs: outputs, start: .zeros,
      in: scope.child("adaLN_modulation").child("1"))
  }

  /// Maps the conditioning after its SiLU, `[B, width]`, or `[B, T, width]` where each token has its
  /// own, to `[..., chunks · width]`.
  public func callAsFunction(_ activated: Variable, on tape: Tape?) -> Variable {
    projection(activated, on: tape)
  }
}
