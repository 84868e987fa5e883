/// A named array that training may change; its name is its key in a checkpoint.
public final class Parameter {
  /// The key in the official state dict, such as `blocks.0.attn.qkv.weight`.
  public let name: String
  /// The values.
  public private(set) var value: Tensor
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

  /// Replaces the values by others of the same shape.
  public func assign(_ newValue: Tensor) {
    precondition(newValue.shape == shape, "\(name) is \(shape), assigned \(newValue.shape)")
    value = newValue
  }

  /// Changes the values in place; `body` must keep the shape.
  public func update(_ body: (inout Tensor) -> Void) {
    body(&value)
  }

  /// The parameter as an input of a computation, recorded on `tape` where there is one.
  public func variable(on tape: Tape?) -> Variable {
    guard let tape, isTrainable else { return Variable(constant: value) }
    return tape.leaf(for: self)
  }
}
