/// A named array of a model that is computed, not learned, but that its checkpoints hold.
///
/// No optimizer and no moving average knows it.
public struct Buffer: Sendable {
  /// The key in the official state dict, such as `feat_rope.freqs_cos`.
  public let name: String
  /// The values.
  public let value: Tensor
}

/// One array of a model's state dict: a parameter or a buffer.
public enum StateDictEntry {
  /// An array that training may change.
  case parameter(Parameter)
  /// An array that is computed.
  case buffer(Buffer)

  /// The key.
  public var name: String {
    switch self {
    case .parameter(let parameter): parameter.name
    case .buffer(let buffer): buffer.name
    }
  }

  /// The values as they are now.
  public var value: Tensor {
    switch self {
    case .parameter(let parameter): parameter.value
    case .buffer(let buffer): buffer.value
    }
  }

  /// The parameter, or nil for a buffer.
  public var parameter: Parameter? {
    guard case .parameter(let parameter) = self else { return nil }
    return parameter
  }
}
