import Foundation
import MixFlowCheckpoint
import MixFlowImage

extension SampleFolder {
  /// What a folder that already holds images means for new ones.
  public enum Policy: Sendable {
    /// Refuse a folder that holds any.
    case fresh
    /// Keep them, and refuse to write one of them again.
    case extend
    /// Remove them.
    case replace
    /// Keep them, and write those of the same indices again.
    case rewrite
    /// Keep them, and write those alone that are missing.
    case resume
  }

  /// Checks that samples may be written to a folder; changes nothing.
  ///
  /// - Parameters:
  ///   - range: The indices of the new samples.
  ///   - path: The folder, which may be missing.
  ///   - policy: What older samples mean.
  /// - Throws: ``TrainingError/run(folder:problem:)`` that says how to go on.
  public static func check(_ range: Range<Int>, in path: String, policy: Policy) throws {
    let present = indices(in: path)
    switch policy {
    case .replace, .rewrite, .resume: return
    case .extend:
      guard let old = present.first(where: range.contains) else { return }
      throw TrainingError.run(
        folder: path,
        problem: "already holds sample \(old); choose another folder or other indices, or give "
          + "--overwrite to write them again")
    case .fresh:
      let others = ["grid.png", "samples.npz"].filter {
        FileManager.default.fileExists(atPath: "\(path)/\($0)")
      }
      guard !present.isEmpty || !others.isEmpty else { return }
      let what = present.isEmpty ? others[0] : "\(present.count) samples"
      throw TrainingError.run(
        folder: path,
        problem: "already holds \(what); choose another folder, or give --overwrite to replace "
          + "them, or --first to add samples of other indices")
    }
  }

  /// Checks that a run may go on with the samples of a folder; changes nothing.
  ///
  /// - Parameters:
  ///   - path: The folder, which may be missing or empty.
  ///   - record: What the run makes samples with.
  /// - Throws: ``TrainingError/run(folder:problem:)`` that names the first difference.
  public static func checkResume(of path: String, with record: SampleRecord) throws {
    guard !indices(in: path).isEmpty else { return }
    guard let old = try SampleRecord.read(in: path) else {
      throw TrainingError.run(
        folder: path,
        problem: "holds samples but no \(SampleRecord.name), which says what they were made with; "
          + "choose another folder, or give --overwrite instead of --resume to replace them")
    }
    guard let difference = record.difference(from: old) else { return }
    throw TrainingError.run(
      folder: path,
      problem: "cannot be resumed: \(difference); give the options of its samples, or choose "
        + "another folder")
  }

  /// Takes the right to write into a folder, which one process has at a time.
  ///
  /// - Parameter path: The folder; it is created.
  /// - Returns: What holds the right as long as it lives.
  /// - Throws: ``TrainingError/run(folder:problem:)`` when another process has it.
  public static func lock(_ path: String) throws -> AnyObject {
    try RunLock(folder: path, option: "--out")
  }

  /// Cuts indices into batches.
  ///
  /// - Parameters:
  ///   - range: The indices.
  ///   - size: The most samples in a batch.
  ///   - present: Indices to leave out, in order.
  ///   - whole: Whether batches stay those of the whole range, so that one is left out only where all
  ///     its indices are present.
  /// - Returns: The batches, in order.
  public static func batches(
    of range: Range<Int>, size: Int, without present: [Int] = [], whole: Bool = false
  ) -> [Range<Int>] {
    guard !whole else {
      let present = Set(present)
      return batches(of: range, size: size).filter { !$0.allSatisfy(present.contains) }
    }
    var batches: [Range<Int>] = []
    var start = range.lowerBound
    for end in present.filter(range.contains) + [range.upperBound] {
      while start < end {
        batches.append(start..<min(end, start + size))
        start = batches[batches.count - 1].upperBound
      }
      start = end + 1
    }
    return batches
  }

  /// Checks that new samples fit older ones that stay and a grid of them all, before any is drawn.
  ///
  /// - Parameters:
  ///   - count: The number of new samples.
  ///   - old: The indices of the samples that stay.
  ///   - columns: Samples in a row of the grid, or nil for a square.
  ///   - width: The columns of a new sample.
  ///   - height: The rows of a new sample.
  /// - Throws: `DataError.sizeMismatch`, or `ImageError` for the grid or an old sample.
  public func check(
    adding count: Int, to old: [Int], columns: Int?, width: Int, height: Int
  ) throws {
    if let first = old.first {
      let image = try Image(pngAt: file(first))
      guard [image.width, image.height] == [width, height] else {
        throw DataError.sizeMismatch(
          file: file(first), found: [image.width, image.height], first: "the model",
          expected: [width, height])
      }
    }
    let shown = min(Self.gridLimit, old.count + count)
    _ = try Self.grid(of: shown, columns: columns, width: width)
      .size(ofTiles: shown, width: width, height: height)
  }

  /// Removes all samples, their record, the grid and the archive.
  public func removeAll() throws {
    // The record goes first: samples that a kill leaves behind must not seem to be of its run.
    try SampleRecord.remove(from: path)
    let others = ["grid.png", "samples.npz"].map { "\(path)/\($0)" }
    for file in Self.indices(in: path).map(file) + others
    where FileManager.default.fileExists(atPath: file) {
      do {
        try FileManager.default.removeItem(atPath: file)
      } catch {
        throw CheckpointError.unwritable(
          file: file, reason: "could not be removed; check its permissions")
      }
    }
  }
}
