/// Returns the same elements under another shape of the same count.
public func reshape(_ x: Variable, _ shape: [Int]) -> Variable {
  x.derive(x.value.reshaped(shape)) { [original = x.shape] in $0.reshaped(original) }
}
