import Foundation

/// The file that a fuzz target's bytes are written to: one for each process, without a name, in
/// memory where the system has such files.
///
/// Readers open it by path as they open any file, so that what is tested is what runs; rewriting it
/// takes two system calls.
public enum InputFile {
  private static let descriptor: Int32 = {
    let folder = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
    let path = "\(folder)/mixflow-fuzz-\(getpid())"
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    precondition(descriptor >= 0, "\(path) cannot be created")
    unlink(path)
    return descriptor
  }()
  private static let path = "/dev/fd/\(descriptor)"

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
    guard ftruncate(descriptor, count) == 0, pwrite(descriptor, start, count, 0) == count else {
      preconditionFailure("the file of \(count) bytes cannot be written")
    }
    try? read(path)
    return 0
  }

  /// As above for bytes between others that do not change.
  public static func fuzz(
    _ start: UnsafePointer<UInt8>, _ count: Int, after head: [UInt8], before tail: [UInt8],
    read: (String) throws -> Void
  ) -> CInt {
    let bytes = head + UnsafeBufferPointer(start: start, count: count) + tail
    return bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { fuzz($0, buffer.count, read: read) } ?? 0
    }
  }
}
