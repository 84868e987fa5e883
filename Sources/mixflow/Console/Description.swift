import MixFlowModels
import MixFlowTraining

/// Sentences about runs for a person.
enum Description {
  static func model(_ trainer: Trainer) -> String {
    let count = trainer.model.parameters.reduce(0) { $0 + $1.value.count }
    return "\(grouped(count)) parameters"
  }

  /// What a reader of the configuration may not expect.
  static func warnings(_ configuration: RunConfiguration) -> [String] {
    let (mixflow, defaults) = (configuration.mixflow, MixFlowSection())
    guard mixflow.gamma == nil else {
      let law = configuration.transport.timeDistType
      guard law.lowercased() != "beta_2_1" else { return [] }
      return ["MixFlow with transport.time_dist_type \(law); the paper draws t from beta_2_1"]
    }
    return [
      mixflow.range == defaults.range ? nil : "mixflow.range",
      mixflow.targetTime == defaults.targetTime ? nil : "mixflow.target_time",
    ].compactMap { $0 }.map {
      "\($0) is set but mixflow.gamma is null, so training is plain and the key has no effect"
    }
  }

  /// `675129632` as `675,129,632`.
  static func grouped(_ number: Int) -> String {
    var digits = Array(String(number))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return String(digits)
  }
}
