/// A step that is made again and again.
protocol StepWorkload {
  /// Makes one step.
  mutating func step() throws
}
