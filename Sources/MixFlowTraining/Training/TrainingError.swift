/// A training run that cannot go on.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// The loss or the gradient of a step is NaN or infinite.
  case notFinite(String, step: Int)
  /// The gradient of a step is NaN or infinite, and a part of its update was made.
  case brokenUpdate(step: Int)
  /// The data do not fit the model.
  case data(String)
  /// A run's folder cannot be started in or resumed from.
  case run(folder: String, problem: String)

  /// What happened and what to do.
  public var description: String {
    switch self {
    case .notFinite(let what, let step):
      """
      the \(what) of step \(step) is NaN or infinite; weights and checkpoints are as after step \
      \(step - 1). Lower training.learning_rate, or set training.clip_grad, and resume
      """
    case .brokenUpdate(let step):
      """
      the gradient of step \(step) is NaN or infinite, and training.optimizer_in_backward had begun to \
      update; checkpoints are as they were. Lower training.learning_rate, or set \
      training.optimizer_in_backward: false with training.clip_grad, and resume
      """
    case .data(let problem): problem
    case .run(let folder, let problem): "\(folder): \(problem)"
    }
  }
}
