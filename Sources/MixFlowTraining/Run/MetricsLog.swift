import Foundation
import MixFlowCheckpoint

/// The metrics of a run, one JSON object a line in `metrics.jsonl`.
public struct MetricsLog {
  /// One line.
  public struct Line: Codable, Equatable, Sendable {
    /// The number of optimizer steps made.
    public let step: Int
    /// The mean loss of the flow since the line before.
    public let loss: Double
    /// The mean misalignment since the line before, without its coefficient; none without alignment.
    public let projectionLoss: Double?
    /// The gradient norm of the last step, before clipping.
    public let gradientNorm: Double
    /// The learning rate of the last step.
    public let learningRate: Double
    /// Training images per second since the line before.
    public let imagesPerSecond: Double
    /// The share of the time since the line before that training waited for its data, from 0 to 1.
    public let dataWait: Double?
    /// The picture files that could not be read since the run was started or resumed, where some may be
    /// left out.
    public let badFiles: Int?

    enum CodingKeys: String, CodingKey {
      case step
      case loss
      case projectionLoss = "proj_loss"
      case gradientNorm = "grad_norm"
      case learningRate = "lr"
      case imagesPerSecond = "images_per_second"
      case dataWait = "data_wait"
      case badFiles = "bad_files"
    }
  }

  /// A line of the loss on held-out data.
  public struct ValidationLine: Codable, Equatable, Sendable {
    /// The number of optimizer steps made.
    public let step: Int
    /// The mean loss of the averaged weights; none where they are not measured.
    public let loss: Double?
    /// Their mean loss in each equal interval of t, from the noise; null where no sample fell.
    public let bins: [Double?]?
    /// The mean loss of the weights that the optimizer changes; none where they are not measured.
    public let rawLoss: Double?
    /// Their mean loss in each interval.
    public let rawBins: [Double?]?

    enum CodingKeys: String, CodingKey {
      case step
      case loss = "val_loss"
      case bins = "val_loss_bins"
      case rawLoss = "val_loss_raw"
      case rawBins = "val_loss_raw_bins"
    }
  }

  /// What every line has.
  private struct AnyLine: Decodable {
    let step: Int
  }

  /// The line about a batch that is left out.
  public struct Event: Codable, Equatable, Sendable {
    /// The number of optimizer steps made when the run went on.
    public let step: Int
    /// `skip` or `rollback`.
    public let event: SpikePolicy
    /// The step that went wrong.
    public let failedStep: Int
    /// The number of the batch, from 0.
    public let batch: Int
    /// The batches left out so far, this one included.
    public let spikes: Int

    enum CodingKeys: String, CodingKey {
      case step
      case event
      case failedStep = "failed_step"
      case batch
      case spikes
    }
  }

  private let path: String
  private let handle: FileHandle

  /// Opens the log of a run, without the lines after `step`, which a resumed run will write again.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - step: The number of steps made.
  ///   - skipped: The batches that the run knows to leave out; others it will meet again.
  /// - Throws: An error that names the file.
  public init(
    in folder: String, resumingAt step: Int, skipped: SkippedBatches = SkippedBatches()
  ) throws {
    path = folder + "/metrics.jsonl"
    let old = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    let kept = (old ?? "").split(separator: "\n").filter { line in
      let data = Data(line.utf8)
      if let event = try? JSONDecoder().decode(Event.self, from: data) {
        return event.step <= step && skipped.numbers.contains(event.batch)
      }
      guard let line = try? JSONDecoder().decode(AnyLine.self, from: data) else { return false }
      return line.step <= step
    }
    try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: path)
    guard let handle = FileHandle(forWritingAtPath: path) else {
      throw TrainingError.run(folder: folder, problem: "metrics.jsonl cannot be opened for writing")
    }
    try handle.seekToEnd()
    self.handle = handle
  }

  /// Makes the lines durable, so that no loss of power leaves a checkpoint that is ahead of them.
  func synchronise() { try? handle.synchronize() }

  /// Appends a line.
  public func append(_ line: some Encodable) throws {
    let text = try json(line)
    do {
      try handle.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      throw TrainingError.run(
        folder: path,
        problem: "cannot be written (\(error.localizedDescription)); is the disk full?")
    }
  }
}
