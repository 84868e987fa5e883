import Foundation

/// Creates a folder and those above it, where they are missing.
package func createFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw TrainingError.run(
      folder: path, problem: "cannot be created; is a file in the way, or the disk read-only?")
  }
}
