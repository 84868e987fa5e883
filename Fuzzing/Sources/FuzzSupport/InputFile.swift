import Foundation

/// The file that a fuzz target's bytes are written to, one for each process, in memory where the
/// system has such files.
public enum InputFile {
  private static let path: String = {
    let folder = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
    return "\(folder)/mixflow-fuzz-\(getpid())"
  }()

  /// Calls `read` with the path of a file of these bytes; errors are what readers should throw.
  ///
  /// - Parameters:
  ///   - start: The bytes.
  ///   - count: Their number.
  ///   - read: Reads the file.
  /// - Returns: 0, as libFuzzer wants.
  public static func fuzz(
    _ start: UnsafePointer<UInt8>, _ count: Int, read: (String) throws -> Void
  ) -> CInt {
    unlink(path)
    guard let file = fopen(path, "w"), fwrite(start, 1, count, file) == count, fclose(file) == 0
    else { preconditionFailure("\(path) cannot be written") }
    try? read(path)
    return 0
  }
}
