import MixFlowTensor
import MixFlowTransport

/// One micro-batch as the network trains on it.
public struct TrainingBatch {
  /// What the network sees, `[B, C, H, W]`.
  public let input: Tensor
  /// The times that it is told, `[B]`.
  public let t: [Float]
  /// The classes, with the null class where a label was dropped.
  public let labels: [Int]
  /// The samples' places in the data, `[B]`.
  public let indices: [Int]
  /// The times that were drawn, in this library's time, `[B]`.
  public let times: [Timesteps]
  /// The loss of each sample for the network's answer, `[B]`.
  public let loss: (Variable) -> Variable
  /// The features of the clean data that each encoder has, `[B, T, D]`; none without alignment.
  public let features: [Tensor]
}

/// Turns data into training batches: the order, the noise, the times and the dropped labels.
///
/// Everything that sample number `n` of a run needs comes from the seed and `n` alone.
public struct BatchMaker {
  private let data: any DataSource
  private let objective: TrainingObjective
  private let labelDropout: LabelDropout
  private let flips: Bool
  private let seed: UInt64
  private let features: AlignmentFeatures?
  private var order: DataOrder
  /// The same order, for samples of later epochs.
  private var laterOrder: DataOrder
  /// The seconds that were spent on getting samples from the data so far.
  public private(set) var secondsOnData = 0.0

  /// Prepares batches.
  ///
  /// - Parameters:
  ///   - data: The samples.
  ///   - objective: What the network is asked about noise and data.
  ///   - labelDropout: Which labels are replaced by the null class.
  ///   - flips: Whether half of the images are mirrored.
  ///   - seed: The seed of the run.
  ///   - features: Where the features come from that the network is aligned to, if it is.
  public init(
    data: any DataSource, objective: TrainingObjective, labelDropout: LabelDropout, flips: Bool,
    seed: UInt64, features: AlignmentFeatures? = nil
  ) {
    self.data = data
    self.objective = objective
    self.labelDropout = labelDropout
    self.flips = flips
    self.seed = seed
    self.features = features
    order = DataOrder(count: data.count, seed: seed)
    laterOrder = order
  }

  /// Prepares batches of a flow.
  ///
  /// - Parameters:
  ///   - data: The samples.
  ///   - objective: What input and target are made of noise and data.
  ///   - times: The law of the pair `(t, m)`.
  ///   - labelDropout: Which labels are replaced by the null class.
  ///   - flips: Whether half of the images are mirrored.
  ///   - seed: The seed of the run.
  public init(
    data: any DataSource, objective: Objective, times: MixFlowTimestepSampler,
    labelDropout: LabelDropout, flips: Bool, seed: UInt64
  ) {
    self.init(
      data: data, objective: .flow(objective, times: times), labelDropout: labelDropout,
      flips: flips, seed: seed)
  }

  /// Tells the data which samples will be wanted next, so that they can be read meanwhile.
  ///
  /// - Parameter batches: The cursors of batches, the next one first; no end is needed.
  public mutating func prepare(_ batches: some Sequence<Range<Int>>) {
    let limit = data.preparedCount
    var indices: [Int] = []
    var epoch: Int?
    for batch in batches {
      guard indices.count < limit else { break }
      for cursor in batch.prefix(limit - indices.count) {
        let now = epoch ?? order.epoch(at: cursor)
        epoch = now
        indices +=
          order.epoch(at: cursor) == now
          ? order.samples(at: cursor, count: 1) : laterOrder.samples(at: cursor, count: 1)
      }
    }
    if limit > 0 { data.prepare(indices) }
  }

  /// Returns the batch of samples `cursor ..< cursor + count` of the run.
  ///
  /// - Parameters:
  ///   - cursor: The number of samples that were visited before, from 0.
  ///   - count: The samples of the batch.
  /// - Returns: The batch.
  /// - Throws: `DataError`, `ImageError` or `CheckpointError` where the data are read from files, and
  ///   one of them has a fault.
  public mutating func batch(at cursor: Int, count: Int) throws -> TrainingBatch {
    let indices = order.samples(at: cursor, count: count)
    let shape = [count, data.channels, data.height, data.width]
    let size = data.sampleCount
    var timesteps: [Timesteps] = []
    var labels: [Int] = []
    var visits: [AlignmentFeatures.Visit] = []
    var data1 = Tensor(zeros: shape)
    var noise = Tensor(zeros: shape)
    var waited = Duration.zero
    let clock = ContinuousClock()
    try data1.withUnsafeMutableBufferPointer { x1 in
      try noise.withUnsafeMutableBufferPointer { x0 in
        for (place, index) in indices.enumerated() {
          var generator = RandomPurpose.training.generator(seed: seed, index: cursor + place)
          let range = place * size..<(place + 1) * size
          timesteps.append(objective.sampleTimes(using: &generator))
          let dropout = generator.uniform()
          let isFlipped = generator.uniform() < 0.5 && flips
          visits.append(AlignmentFeatures.Visit(index: index, isFlipped: isFlipped))
          waited += try clock.measure {
            try data.writeSample(
              at: index, flipped: isFlipped,
              noise: RandomPurpose.latent.generator(seed: seed, index: cursor + place),
              into: UnsafeMutableBufferPointer(rebasing: x1[range]))
          }
          // Only now is it known whether another sample was taken in its place.
          labels.append(labelDropout(data.label(at: index), u: dropout))
          generator.fillNormal(UnsafeMutableBufferPointer(rebasing: x0[range]))
        }
      }
    }
    secondsOnData += waited / .seconds(1)
    let question = objective.question(noise: noise, data: data1, times: timesteps)
    return TrainingBatch(
      input: question.input, t: question.t, labels: labels, indices: indices, times: timesteps,
      loss: question.loss,
      features: try features.map { [try $0.features(of: visits)] } ?? [])
  }
}
