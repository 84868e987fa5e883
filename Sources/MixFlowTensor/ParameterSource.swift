/// Where a model takes the values of its parameters from: chance, or a checkpoint.
public protocol ParameterSource: AnyObject {
  /// Returns the value of one parameter.
  ///
  /// - Parameters:
  ///   - key: The parameter's full name.
  ///   - shape: The shape the model needs.
  ///   - initializer: How the parameter starts in a fresh model.
  /// - Returns: The value, of that shape.
  /// - Throws: When the source cannot give a value of that shape.
  func value(for key: String, shape: [Int], initializer: Initializer) throws -> Tensor

  /// Returns the value of one buffer.
  ///
  /// - Parameters:
  ///   - key: The buffer's full name.
  ///   - formula: The computed values, which have the shape the model needs.
  /// - Returns: The checkpoint's values where it has them, else `formula`.
  /// - Throws: When the source has values of another shape.
  func buffer(for key: String, formula: Tensor) throws -> Tensor

  /// Returns the adapter that is to be trained beside a linear layer.
  ///
  /// - Parameter layer: The layer's full name, such as `blocks.0.attn.qkv`.
  /// - Returns: The adapter's options, or nil for a layer without one.
  func adapter(for layer: String) -> LowRankOptions?
}

extension ParameterSource {
  /// Asks for the buffer as for a parameter that starts from `formula`.
  public func buffer(for key: String, formula: Tensor) throws -> Tensor {
    try value(for: key, shape: formula.shape, initializer: .values { formula })
  }

  /// Adapts no layer.
  public func adapter(for layer: String) -> LowRankOptions? { nil }
}

/// Draws each parameter from a stream of its own, so that the value depends on the seed and on the
/// name alone.
public final class RandomParameters: ParameterSource {
  private let seed: UInt64

  /// Creates a source of fresh parameters.
  public init(seed: UInt64) {
    self.seed = seed
  }

  /// Returns a fresh value.
  public func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
    var generator = Philox(seed: seed, stream: fnv1a(key))
    return initializer.tensor(shape: shape, using: &generator)
  }

  /// The FNV-1a hash, which unlike Swift's own is the same in every run.
  private func fnv1a(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
