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

    enum CodingKeys: String, CodingKey {
      case step
      case loss
      case projectionLoss = "proj_loss"
      case gradientNorm = "grad_norm"
      case learningRate = "lr"
      case imagesPerSecond = "images_per_second"
    }
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
      if let line = try? JSONDecoder().decode(Line.self, from: data) { return line.step <= step }
      guard let event = try? JSONDecoder().decode(Event.self, from: data) else { return false }
      return event.step <= step && skipped.numbers.contains(event.batch)
    }
    try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: path)
    guard let handle = FileHandle(forWritingAtPath: path) else {
      throw TrainingError.run(folder: folder, problem: "metrics.jsonl cannot be opened for writing")
    }
    try handle.seekToEnd()
    self.handle = handle
  }

  /// Appends a line.
  public func append(_ line: Line) throws { try append(text: try json(line)) }

  /// Appends a line about a batch that is left out.
  public func append(_ event: Event) throws { try append(text: try json(event)) }

  /// Makes the lines durable, so that no loss of power leaves a checkpoint that is ahead of them.
  func synchronise() { try? handle.synchronize() }

  private func append(text: String) throws {
    do {
      try handle.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      throw TrainingError.run(
        folder: path,
        problem: "cannot be written (\(error.localizedDescription)); is the disk full?")
    }
  }
}
