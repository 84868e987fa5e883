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

  private let path: String
  private let handle: FileHandle

  /// Opens the log of a run, without the lines after `step`, which a resumed run will write again.
  public init(in folder: String, resumingAt step: Int) throws {
    path = folder + "/metrics.jsonl"
    let old = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    let kept = (old ?? "").split(separator: "\n").filter { line in
      guard let line = try? JSONDecoder().decode(AnyLine.self, from: Data(line.utf8)) else {
        return false
      }
      return line.step <= step
    }
    try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: path)
    guard let handle = FileHandle(forWritingAtPath: path) else {
      throw TrainingError.run(folder: folder, problem: "metrics.jsonl cannot be opened for writing")
    }
    try handle.seekToEnd()
    self.handle = handle
  }

  /// Appends a line.
  public func append(_ line: some Encodable) throws {
    do {
      try handle.write(contentsOf: Data((try json(line) + "\n").utf8))
    } catch {
      throw TrainingError.run(
        folder: path,
        problem: "cannot be written (\(error.localizedDescription)); is the disk full?")
    }
  }
}
