import ArgumentParser
import Foundation
import MixFlowTraining

/// The file that a command writes.
enum OutputFile {
  /// Refuses to write over what the command reads, and over older files that were not to be replaced.
  ///
  /// - Parameters:
  ///   - path: The file to write.
  ///   - inputs: The files that the command reads.
  ///   - overwrites: Whether an older file may be replaced.
  /// - Throws: `ValidationError` for an input, `TrainingError` for an older file.
  static func check(_ path: String, inputs: [String], overwrites: Bool) throws {
    guard let old = identity(of: path) else { return }
    guard !inputs.contains(where: { identity(of: $0) == old }) else {
      throw ValidationError("'\(path)' is read and would be written over; name another file.")
    }
    guard overwrites else {
      throw TrainingError.run(
        folder: path, problem: "exists; name another file, or give --overwrite to replace it")
    }
  }

  /// The format that the ending of a checkpoint's name says.
  ///
  /// - Parameter path: The file to write.
  /// - Returns: The format.
  /// - Throws: `ValidationError` for an ending of neither.
  static func format(_ path: String) throws -> ExportFormat {
    guard let format = ExportFormat(path: path) else {
      throw ValidationError("'\(path)' ends neither in .safetensors nor in .pt.")
    }
    return format
  }

  /// What tells a file from all others, whatever its path.
  private static func identity(of path: String) -> [Int]? {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
      return nil
    }
    let keys = [FileAttributeKey.systemNumber, .systemFileNumber]
    let numbers = keys.compactMap { attributes[$0] as? Int }
    return numbers.count == keys.count ? numbers : nil
  }
}
