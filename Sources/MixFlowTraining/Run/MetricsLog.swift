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

  private let path: String
  private let handle: FileHandle

  /// Opens the log of a run, without the lines after `step`, which a resumed run will write again.
  public init(in folder: String, resumingAt step: Int) throws {
    path = folder + "/metrics.jsonl"
    let old = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    let kept = (old ?? "").split(separator: "\n").filter { line in
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)) else {
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
  public func append(_ line: Line) throws {
    do {
      try handle.write(contentsOf: Data((try json(line) + "\n").utf8))
    } catch {
      throw TrainingError.run(
        folder: path,
        problem: "cannot be written (\(error.localizedDescription)); is the disk full?")
    }
  }
}
