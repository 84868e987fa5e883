import MixFlowModels
import MixFlowTensor
import MixFlowTraining
import MixFlowTransport
import Testing

/// What training takes of memory, foreseen and measured.
@Suite struct TrainingMemoryTests {
  @Test func anXLOfOneSampleIsItsState() throws {
    let sizes = ModelConfiguration.sit(try SiTConfiguration(named: "XL/2"))
    var training = TrainingSection()
    training.batchSize = 1
    let memory = TrainingMemory(sizes, training)
    #expect(memory.state + memory.gradients == 20 * 675_129_632)
    #expect(memory.activations < memory.gradients)
    #expect(memory.peak < memory.state + memory.gradients + 64 << 20)
    training.batchSize = 256
    let whole = TrainingMemory(sizes, training)
    #expect(whole.activations == 256 * memory.activations)
    training.activationCheckpointing = "selective"
    #expect(TrainingMemory(sizes, training).activations < whole.activations / 2)
    training.activationCheckpointing = "full"
    #expect(TrainingMemory(sizes, training).activations < whole.activations / 16)
    training.gradAccumSteps = 64
    #expect(TrainingMemory(sizes, training).peak < memory.peak + 512 << 20)
  }

  @Test func refusesWhatTheMachineCannotHold() throws {
    let sizes = ModelConfiguration.sit(try SiTConfiguration(named: "XL/2"))
    var training = TrainingSection()
    training.batchSize = 16
    func problem(_ gibibytes: UInt64) -> ConfigurationError? {
      let memory = TrainingMemory(sizes, training)
      do throws(ConfigurationError) {
        try memory.check(against: gibibytes << 30, training)
        return nil
      } catch {
        return error
      }
    }
    #expect(problem(24) == nil)
    #expect(problem(12)?.key == "model")
    #expect(problem(16)?.key == "training.batch_size")
    #expect(problem(16)?.problem.contains("training.activation_checkpointing") == true)
    training.activationCheckpointing = "full"
    #expect(problem(16) == nil)
    training.batchSize = 256
    #expect(problem(16)?.problem.contains("training.grad_accum_steps") == true)
  }

  // The pool belongs to the process, so that each of these has one of its own.
  #if compiler(>=6.2)
    @Test func theEstimateIsWhatIsUsed() async {
      await #expect(processExitsWith: .success) {
        // From the least to the most, since the peak is of the whole process.
        let cases = [
          (1, "none", true), (1, "none", false), (32, "full", true), (32, "full", false),
          (32, "selective", false), (32, "none", false),
        ]
        for (batch, checkpointing, inBackward) in cases {
          let training = section(
            batch: batch, checkpointing: checkpointing, inBackward: inBackward)
          let trainer = try smallTrainer(training)
          _ = try trainer.makeStep()
          let estimate = Double(TrainingMemory(.sit(smallSizes), training).peak)
          let used = Double(MemoryPool.shared.usage.peak)
          #expect(
            abs(estimate / used - 1) < 0.1,
            "\(batch) \(checkpointing) \(inBackward): \(used) \(estimate)")
        }
      }
    }

    @Test func stepsTakeNothingFromTheSystem() async {
      await #expect(processExitsWith: .success) {
        // Threads may meet in a way that the first steps did not see.
        Parallelism.threads = 1
        for checkpointing in ["none", "selective", "full"] {
          let trainer = try smallTrainer(section(batch: 8, checkpointing: checkpointing))
          let generator = try smallGenerator(trainer.model)
          var usage = MemoryPool.shared.usage
          for round in 0..<4 {
            _ = try trainer.makeStep()
            _ = try trainer.withAverages {
              try generator.samples(from: 0, labels: [0, 1, 2])
            }
            if round > 0 { #expect(MemoryPool.shared.usage.requests == usage.requests) }
            usage = MemoryPool.shared.usage
          }
          #expect(usage.held < usage.peak * 11 / 10)
        }
      }
    }
  #endif
}

private let smallSizes = SiTConfiguration(
  inputSize: 16, patchSize: 2, width: 256, depth: 6, heads: 4, classCount: 3)

private func section(
  batch: Int, checkpointing: String, inBackward: Bool = false
) -> TrainingSection {
  var training = TrainingSection()
  training.batchSize = batch
  training.activationCheckpointing = checkpointing
  training.optimizerInBackward = inBackward
  return training
}

private func smallTrainer(_ training: TrainingSection) throws -> Trainer {
  let model = try SiT(smallSizes, from: RandomParameters(seed: 1))
  return Trainer(
    model: model,
    optimizer: AdamW(model.parameters, options: try training.optimizerOptions()),
    batches: BatchMaker(
      data: Ramps(), objective: Objective(), times: try MixFlowTimestepSampler(gamma: 0.4),
      labelDropout: LabelDropout(probability: 0.1, nullClass: model.nullClass), flips: false,
      seed: 1),
    batchSize: try training.batch(), schedule: try training.schedule(),
    gradientLimit: training.optimizerInBackward ? nil : 1,
    activations: try training.activations(), updatesInBackward: training.optimizerInBackward)
}

private func smallGenerator(_ model: any ClassConditionalModel) throws -> SampleGenerator {
  SampleGenerator(
    model: model,
    sampler: try FlowSampler(
      intervals: TimeIntervals(path: .linear, prediction: .velocity),
      method: .ode(.heun2, points: 3, tolerance: ErrorTolerance())),
    guidance: ClassifierFreeGuidance(scale: 2), seed: 0)
}

/// Data that are cheap to make.
private struct Ramps: DataSource {
  let count = 64
  let classCount = 3
  let channels = 4
  let height = 16
  let width = 16
  let fingerprint: UInt64 = 0

  func label(at index: Int) -> Int { index % 3 }

  func writeSample(
    at index: Int, flipped: Bool, into target: UnsafeMutableBufferPointer<Float>
  ) {
    for place in target.indices {
      target.initializeElement(at: place, to: Float((place + index) % 17) / 17)
    }
  }
}
