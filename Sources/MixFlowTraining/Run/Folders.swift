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

/// Returns a number with zeros before it, as file names sort.
package func zeroPadded(_ number: Int, digits: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
