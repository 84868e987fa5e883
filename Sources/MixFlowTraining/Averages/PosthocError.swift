/// Snapshots of averages that cannot be used, or an average that cannot be made of them.
public enum PosthocError: Error, Equatable, CustomStringConvertible {
  /// A number is no relative width.
  case width(Double)
  /// A run's folder has no snapshots.
  case noSnapshots(folder: String)
  /// A snapshot is missing, or was not finished; `fault` says what is wrong with `file`.
  case incomplete(file: String, fault: String, folder: String)
  /// No snapshots reach to a step.
  case step(Int, first: Int, last: Int, folder: String)
  /// A snapshot was not made by the run in whose folder it is.
  case otherRun(file: String, difference: String)

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .width(let width):
      "\(width) is no relative width of an average; give one above 0 and up to 0.28"
    case .noSnapshots(let folder):
      """
      \(folder): holds no snapshots of averages; name the folder of a run, '--results-dir' of its \
      training, that was made with training.posthoc_ema, such as [0.05, 0.1]
      """
    case .incomplete(let file, let fault, let folder):
      """
      \(folder): \(file) \(fault); restore it from a copy, or delete it and the .json beside it to do \
      without
      """
    case .step(let step, let first, let last, let folder):
      """
      \(folder): step \(step) is outside of the snapshots, which reach from step \(first) to \(last); \
      give '--at-step' one of these or between them
      """
    case .otherRun(let file, let difference):
      "\(file): is of another run: \(difference); move it out of this folder"
    }
  }
}
