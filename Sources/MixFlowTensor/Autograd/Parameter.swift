/// A named array that training may change; its name is its key in a checkpoint.
public final class Parameter {
  /// The key in the official state dict, such as `blocks.0.attn.qkv.weight`.
  public let name: String
  /// The values; assigning an array of another shape is an error in the program.
  public var value: Tensor {
    didSet { precondition(value.shape == oldValue.shape, "\(name): \(value.shape) for \(shape)") }
  }
  /// Whether the optimizer changes it and backward passes compute its gradient.
  public var isTrainable: Bool
  /// The sum of the gradients since it was last set to nil.
  public var gradient: Tensor?

  /// The sizes of the dimensions.
  public var shape: [Int] { value.shape }

  /// Creates a parameter.
  public init(name: String, value: Tensor, isTrainable: Bool = true) {
    self.name = name
    self.value = value
    self.isTrainable = isTrainable
  }

  /// The parameter as an input of a computation, recorded on `tape` where there is one.
  public func variable(on tape: Tape?) -> Variable {
    guard let tape, isTrainable else { return Variable(constant: value) }
    return tape.leaf(for: self)
  }
}
