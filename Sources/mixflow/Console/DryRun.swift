import Foundation
import MixFlowConfiguration
import MixFlowModels
import MixFlowTensor
import MixFlowTraining

/// What a run would do and take: configuration, parameters, memory and time.
struct DryRun {
  private let configuration: RunConfiguration
  private let processes: Int
  /// What one of the processes trains.
  private let training: TrainingSection
  private let sizes: ModelConfiguration
  private var notes: [String]
  /// The encoder that REPA's model is aligned to while it trains.
  private let encoder: AlignmentEncoder?
  private let selection: SelectionReport

  /// Checks the whole configuration, the data included where they are named.
  init(_ configuration: RunConfiguration, processes: Int, notes: [String]) throws {
    self.configuration = configuration
    self.processes = processes
    self.notes = notes
    sizes = try configuration.validated()
    training = try configuration.trainingOfProcess(of: processes)
    selection = try SelectionReport(configuration, of: sizes)
    encoder = try configuration.alignmentEncoder(for: sizes)
    do {
      let data = try configuration.openData(for: sizes)
      _ = try configuration.alignment(with: data, for: sizes)
    } catch let error as ConfigurationError where error.key == "data.path" {
      // Sizes and costs are told without data as well.
      self.notes.append("\(error)")
    }
    if let ckpt = configuration.model.ckpt, !FileManager.default.fileExists(atPath: ckpt) {
      self.notes.append("model.ckpt: \(ckpt) is not there")
    }
  }

  func print() throws {
    let text = try ConfigurationFile.yaml(configuration)
    let speed = try measuredSpeed()
    let seconds =
      operationsPerStep / Double(processes) / speed * Double(configuration.training.maxSteps)
    try StandardStream.print(
      """
      \(text)
      # parameters  \(Description.grouped(sizes.parameterCount))
      \(groups)\(share)
      # memory      \(memory)\(processes > 1 ? ", in each process" : "")\(snapshots)
      # work        \(work) a step
      # time        \(estimate(seconds)) for \(configuration.training.maxSteps) steps, if a \
      step runs at the \((speed / 1e9).formatted("%.0f")) GFLOP/s that products reach here
      """)
    for warning in notes + Description.warnings(configuration) {
      try StandardStream.print("# note        \(warning)")
    }
  }

  /// What is trained, by groups that the optimizer treats alike, and what is not.
  private var groups: String {
    let training = configuration.training
    let lines = selection.trained.map { part in
      let rate = (training.learningRate * part.group.rateFactor).formatted("%.3g")
      return "# trained     \(Description.grouped(part.values)) in \(part.arrays) arrays, "
        + "learning rate \(rate), weight decay \(part.group.weightDecay.formatted("%g"))"
    }
    return (lines + ["# frozen      \(Description.grouped(selection.frozenValues))"])
      .joined(separator: "\n")
  }

  /// What each of several processes takes of a step, on a line of its own.
  private var share: String {
    guard processes > 1 else { return "" }
    let pieces = training.gradAccumSteps
    return "\n# processes   \(processes), each with \(counted(training.batchSize, "sample")) of a "
      + "step's \(configuration.training.batchSize), in \(counted(pieces, "piece"))"
  }

  /// The operations of a step, in a unit that leaves digits.
  private var work: String {
    operationsPerStep < 1e8
      ? "\((operationsPerStep / 1e6).formatted("%.1f")) MFLOP"
      : "\((operationsPerStep / 1e9).formatted("%.1f")) GFLOP"
  }

  /// Floating-point operations of a step: forward, as many backward for the inputs of layers and for
  /// the weights that are trained, and forward again where activations are recomputed.
  private var operationsPerStep: Double {
    let tokens = Double(sizes.tokens)
    let trained = Double(selection.trainedValues)
    let passes = 2 + trained / (trained + Double(selection.frozenValues))
    let perSample = sizes.stages.reduce(0.0) { sum, stage in
      let (width, hidden) = (Double(stage.width), Double(stage.hidden))
      let feedForward = 2 * width * hidden * tokens
      let linear = 8 * width * width * tokens + 2 * feedForward
      let attention = 4 * tokens * tokens * width
      let modulation = 12 * width * width * (stage.isModulatedByToken ? tokens : 1)
      let block = linear + attention + modulation
      let again =
        switch configuration.training.activationCheckpointing {
        case "full": block
        case "selective": feedForward
        default: 0.0
        }
      return sum + Double(stage.depth) * (passes * block + again)
    }
    let encoder = encoder?.operationsPerPicture ?? 0
    return Double(configuration.training.batchSize) * (perSample + projectorOperations + encoder)
  }

  /// Floating-point operations of the projectors for a sample, forward and backward.
  private var projectorOperations: Double {
    guard configuration.training.projCoeff != 0, case .repa(let repa) = sizes else { return 0 }
    let hidden = Double(repa.projectorWidth)
    return 6 * Double(sizes.tokens) * hidden
      * repa.featureWidths.reduce(0) { $0 + Double(repa.transformer.width) + hidden + Double($1) }
  }

  /// The memory at the peak of a step, and with recomputed activations where that is much less.
  private var memory: String {
    func peak(_ training: TrainingSection) -> Int {
      TrainingMemory(
        sizes, training, encoder: encoder, trained: selection.trainedValues,
        optimizerShares: configuration.distributed.shardOptimizer ? processes : 1
      ).peak
    }
    var recomputing = training
    recomputing.activationCheckpointing = "full"
    let (peak, least) = (peak(training), peak(recomputing))
    let hint =
      Double(least) < 0.9 * Double(peak)
      ? "; \(size(least)) with training.activation_checkpointing: full"
      : ""
    let share = (encoder?.byteCount).map { ", \(size($0)) of it for the encoder" }
    return "about \(size(peak))\(share ?? "")\(hint)"
  }

  /// What the snapshots of power-function averages will take on the disk; nothing without them.
  private var snapshots: String {
    let training = configuration.training
    guard !training.posthocEMA.isEmpty else { return "" }
    let (full, rest) = training.maxSteps.quotientAndRemainder(dividingBy: training.posthocEMAEvery)
    let count = full + (rest > 0 ? 1 : 0)
    let bytes =
      training.posthocEMA.count * selection.trainedValues * MemoryLayout<Float>.stride
    return
      "\n# snapshots   \(count) of \(size(bytes)) in posthoc-ema, \(size(count * bytes)) in all"
  }

  /// A number of bytes, in a unit that leaves digits.
  private func size(_ bytes: Int) -> String {
    bytes < 1 << 29
      ? "\((Double(bytes) / 0x1p20).formatted("%.1f")) MiB"
      : "\((Double(bytes) / 0x1p30).formatted("%.1f")) GiB"
  }

  /// Operations per second of a product of this model's size.
  private func measuredSpeed() throws -> Double {
    let width = sizes.stages[0].width
    let x = Tensor(repeating: 0.5, shape: [min(2048, sizes.tokens * 8), width])
    let weight = Tensor(repeating: 0.5, shape: [4 * width, width])
    let operations = 2 * Double(x.count) * Double(weight.shape[0])
    let clock = ContinuousClock()
    let times = (0..<5).map { _ in
      clock.measure { _ = linear(x, weight: weight, bias: nil) } / .seconds(1)
    }
    return operations / (times.min() ?? 1)
  }
}
