import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Learning rates and dropped labels against the official training code.
@Suite struct ScheduleGoldenTests {
  /// A setting of RAE's `build_scheduler`, whose steps may be given in epochs.
  private struct Setting: Decodable {
    struct Training: Decodable {
      var scheduler: Scheduler?
      var base: Double?
      var final: Double?
      var warmupEpochs: Double?
      var decayEndEpoch: Double?

      enum CodingKeys: String, CodingKey {
        case scheduler
        case base = "base_lr"
        case final = "final_lr"
        case warmupEpochs = "decay_start_epoch"
        case decayEndEpoch = "decay_end_epoch"
      }
    }

    struct Scheduler: Decodable {
      let type: String
      let base: Double
      let final: Double
      let warmupEpochs: Double?
      let decayEndEpoch: Double?
      let warmupSteps: Int?
      let decayEndSteps: Int?
      let warmupFromZero: Bool?

      enum CodingKeys: String, CodingKey {
        case type
        case base = "base_lr"
        case final = "final_lr"
        case warmupEpochs = "warmup_epochs"
        case decayEndEpoch = "decay_end_epoch"
        case warmupSteps = "warmup_steps"
        case decayEndSteps = "decay_end_steps"
        case warmupFromZero = "warmup_from_zero"
      }
    }

    let training: Training
    let stepsPerEpoch: Double

    enum CodingKeys: String, CodingKey {
      case training = "training_cfg"
      case stepsPerEpoch = "steps_per_epoch"
    }

    func schedule(alwaysRamps: Bool) throws -> LearningRateSchedule {
      let steps = { (epochs: Double?) in Int((epochs ?? 0) * stepsPerEpoch) }
      guard let scheduler = training.scheduler else {
        return LearningRateSchedule(
          decay: .linear, base: try #require(training.base), final: try #require(training.final),
          warmup: steps(training.warmupEpochs), rampsUp: alwaysRamps,
          decayEnd: steps(training.decayEndEpoch))
      }
      return LearningRateSchedule(
        decay: try #require(LearningRateSchedule.Decay(rawValue: scheduler.type)),
        base: scheduler.base, final: scheduler.final,
        warmup: scheduler.warmupSteps ?? steps(scheduler.warmupEpochs),
        rampsUp: alwaysRamps || scheduler.warmupFromZero ?? false,
        decayEnd: scheduler.decayEndSteps ?? steps(scheduler.decayEndEpoch))
    }
  }

  @Test func ratesMatch() throws {
    let file = try Fixtures.file("optim/lr_schedules")
    let settings = try file.metadata("configs", as: [String: Setting].self)
    #expect(!settings.isEmpty)
    for (name, setting) in settings {
      for (prefix, alwaysRamps) in [("", false), ("dep.", true)] {
        let expected = try file.doubles("\(prefix)\(name).lr_f64")
        let schedule = try setting.schedule(alwaysRamps: alwaysRamps)
        for (step, rate) in expected.enumerated() {
          expectClose(
            schedule.rate(at: step), rate, relativeToMax: 1e-9, "\(prefix)\(name) at \(step)")
        }
      }
    }
  }

  @Test func droppedLabelsMatch() throws {
    let file = try Fixtures.file("optim/label_drop")
    let labels = try file.integers("y")
    let dropped = try file.integers("dropped")
    let nullClass = try #require(zip(labels, dropped).first { $0 != $1 }?.1)
    let dropout = LabelDropout(
      probability: Double(try file.tensor("prob").item), nullClass: nullClass)
    let result = zip(labels, try file.tensor("u").array).map { dropout($0, u: Double($1)) }
    #expect(result == dropped)
  }
}
