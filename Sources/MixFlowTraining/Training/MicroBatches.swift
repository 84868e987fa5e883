import MixFlowModels
import MixFlowTensor

/// The sums of losses over samples.
struct LossSums: Equatable {
  /// The regression's.
  var flow = 0.0
  /// REPA's alignment, with its coefficient.
  var alignment = 0.0

  var isFinite: Bool { flow.isFinite && alignment.isFinite }

  static func + (a: LossSums, b: LossSums) -> LossSums {
    LossSums(flow: a.flow + b.flow, alignment: a.alignment + b.alignment)
  }
}

/// Runs a model forward and backward on the micro-batches of a training.
struct MicroBatches {
  let model: any ClassConditionalModel
  var batches: BatchMaker
  /// The samples of a micro-batch.
  let size: Int
  /// The samples of a whole step, over which losses are averaged.
  let stepSamples: Int
  /// The samples that the order of the data is ahead of the steps made.
  let samplesAhead: Int
  /// The micro-batches of a step that this process makes.
  let share: Range<Int>
  let activations: Tape.Activations
  let alignment: REPALoss?

  /// The losses of a micro-batch, ready for the backward pass.
  struct ForwardPass {
    /// Their sums.
    let sums: LossSums
    fileprivate let losses: Variable
    fileprivate let tape: Tape
    fileprivate let stepSamples: Int

    /// Adds the gradients to the parameters.
    func runBackward() {
      tape.backward(
        from: losses, gradient: Tensor(repeating: 1 / Float(stepSamples), shape: losses.shape))
    }
  }

  /// Predicts a micro-batch.
  ///
  /// - Parameters:
  ///   - number: Which batch of the run, from 0.
  ///   - piece: Which micro-batch of it.
  ///   - onFinalGradient: Called in the backward pass for each parameter whose gradient is complete.
  /// - Returns: The losses.
  /// - Throws: What ``BatchMaker/batch(at:count:)`` throws.
  mutating func runForward(
    batch number: Int, piece: Int, onFinalGradient: ((Parameter) -> Void)? = nil
  ) throws -> ForwardPass {
    batches.prepare(visits(from: number, piece))
    let batch = try profiled(.batch) { try self.batch(number, piece: piece) }
    let tape = Tape(activations: activations, onFinalGradient: onFinalGradient)
    let answer = profiledPass(.forward) { predict(batch, on: tape) }
    let flow = batch.loss(answer.prediction)
    let aligned = alignment?.alignment(of: answer.projections, with: batch.features)
    return ForwardPass(
      sums: LossSums(flow: flow.value.sum(), alignment: aligned?.value.sum() ?? 0),
      losses: aligned.map { flow + $0 } ?? flow, tape: tape, stepSamples: stepSamples)
  }

  /// Makes a micro-batch.
  mutating func batch(_ number: Int, piece: Int) throws -> TrainingBatch {
    try batches.batch(at: cursor(number, piece), count: size)
  }

  private func cursor(_ number: Int, _ piece: Int) -> Int {
    number * stepSamples + samplesAhead + piece * size
  }

  /// The samples of this process from a micro-batch on, without end.
  private func visits(from step: Int, _ piece: Int) -> some Sequence<Range<Int>> {
    sequence(state: (step: step, piece: piece)) { [self] place in
      defer {
        place.piece += 1
        if place.piece >= share.upperBound { place = (place.step + 1, share.lowerBound) }
      }
      let start = cursor(place.step, place.piece)
      return start..<start + size
    }
  }

  /// Predicts, with projections where there are features to align them to.
  func predict(_ batch: TrainingBatch, on tape: Tape?) -> ProjectedPrediction {
    let input = Variable(constant: batch.input)
    guard alignment == nil || tape == nil else {
      return model.predictionWithProjections(input, t: batch.t, labels: batch.labels, on: tape)
    }
    return ProjectedPrediction(
      prediction: model(input, t: batch.t, labels: batch.labels, on: tape), projections: [])
  }
}
