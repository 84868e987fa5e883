/// A training run that cannot go on.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// The loss or the gradient of a step is NaN or infinite.
  case notFinite(String, step: Int)
  /// The loss or the gradient norm of a step is far above the median of those before.
  case spike(String, value: Double, median: Double, step: Int)
  /// The gradient of a step is NaN or infinite, and a part of its update was made.
  case brokenUpdate(step: Int)
  /// A checkpoint could not be written after a step.
  case unsaved(step: Int, problem: String, newest: Int?, folder: String)
  /// A run has met more steps that went wrong than it may.
  case tooManySpikes(limit: Int, last: String)
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
    case .spike(let what, let value, let median, let step):
      """
      the \(what == "gradient" ? "gradient norm" : what) of step \(step) is \(value), the median of the \
      steps before \(median); weights and checkpoints are as after step \(step - 1). Lower \
      training.learning_rate, raise training.spike_factor, or set training.on_spike: skip, and resume
      """
    case .unsaved(let step, let problem, let newest, let folder):
      "\(problem); the checkpoint of step \(step) was not saved"
        + (newest.map {
          ", that of step \($0) is intact: make room or mend the folder, then go on with "
            + "mixflow train --resume \(folder)"
        } ?? "")
    case .tooManySpikes(let limit, let last):
      """
      \(last); \(limit) batches have been left out, which is training.max_spikes. Raise it only if the \
      files in bad-batches/ show bad data
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
