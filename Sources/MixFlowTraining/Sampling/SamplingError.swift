/// A request for samples that the model cannot serve.
public enum SamplingError: Error, Equatable, CustomStringConvertible {
  /// A class that the model does not know.
  case unknownClass(Int, count: Int)
  /// Guidance of a model without a null class.
  case noNullClass
  /// A number of samples that the classes cannot share equally.
  case unequalClasses(samples: Int, classes: Int)
  /// The model's output is NaN or infinite.
  case notFinite(firstSample: Int)

  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .unknownClass(let label, let count):
      "class \(label) is not one of the model's \(count) classes, 0 to \(count - 1)"
    case .noNullClass:
      "the model was trained without label dropout and has no null class; sample it with a "
        + "guidance scale of 1"
    case .unequalClasses(let samples, let classes):
      "\(samples) samples cannot be shared equally by \(classes) classes; ask for a multiple of "
        + "\(classes), or for fewer classes"
    case .notFinite(let first):
      "a sample of the batch that starts at \(first) is NaN or infinite; are the weights finite "
        + "(mixflow inspect), and does the sampler fit the model's path and prediction?"
    }
  }
}
