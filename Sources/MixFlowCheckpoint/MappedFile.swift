import CMappings
import Foundation

/// A file mapped into memory for reading, unmapped when the last reference goes.
///
/// The mapping is private and read-only. A file that another process cuts short in place takes
/// its pages away, so ``checkSize()`` looks again before each read, and a program may ask for
/// ``explainTruncation()``; replace files by renaming.
final class MappedFile: Sendable {
  let path: String
  let count: Int
  private let descriptor: Int32
  // Safe: the memory is read-only, written by nobody and valid until `deinit`.
  private nonisolated(unsafe) let base: UnsafeRawPointer?
  /// The place in the table that tells whose pages have gone.
  private let place: Int32

  /// Maps the regular file at `path`.
  init(path: String) throws(CheckpointError) {
    self.path = path
    // A pipe that nobody writes to would else be waited for.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw CheckpointError.unreadable(file: path, reason: describe(errno: errno))
    }
    do {
      count = try Self.size(of: descriptor, path: path)
      base = try Self.map(descriptor, count: count, path: path)
      if let base { place = mixflow_mapping_remember(base, count, path) } else { place = -1 }
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit {
    mixflow_mapping_forget(place)
    if let base { munmap(UnsafeMutableRawPointer(mutating: base), count) }
    close(descriptor)
  }

  /// The bytes of the file, valid while this object lives.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Throws ``CheckpointError/truncated(file:size:opened:)`` if the file has shrunk since it was
  /// mapped.
  func checkSize() throws(CheckpointError) {
    let size = try Self.size(of: descriptor, path: path)
    guard size >= count else {
      throw CheckpointError.truncated(file: path, size: size, opened: count)
    }
  }

  /// Gives back the memory of all pages that were read; reading them again fetches them again.
  func releasePages() { releasePages(of: 0..<count) }

  /// Gives back the memory of the pages that hold some bytes of the file.
  func releasePages(of range: Range<Int>) {
    guard let base, !range.isEmpty else { return }
    let start = range.lowerBound / Self.page * Self.page
    // The pages are clean copies of the file, so that nothing is lost.
    _ = madvise(
      UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, MADV_DONTNEED)
  }

  private static let page = sysconf(Int32(_SC_PAGESIZE))

  private static func size(of descriptor: Int32, path: String) throws(CheckpointError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw CheckpointError.unreadable(file: path, reason: describe(errno: errno))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError.unreadable(file: path, reason: "not a regular file")
    }
    return Int(status.st_size)
  }

  private static func map(
    _ descriptor: Int32, count: Int, path: String
  ) throws(CheckpointError) -> UnsafeRawPointer? {
    // An empty range cannot be mapped.
    guard count > 0 else { return nil }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED
    else {
      throw CheckpointError.unreadable(file: path, reason: describe(errno: errno))
    }
    return UnsafeRawPointer(base)
  }
}

/// Has the program end with one line that names the file and with exit code 1 where it reads a part of
/// a checkpoint that another process has cut off, instead of by a signal (SIGBUS).
///
/// For the start of a program; a library leaves signals alone.
public func explainTruncation() { mixflow_mappings_explain_faults() }

/// Returns the system's text for an `errno` code.
func describe(errno code: Int32) -> String { String(cString: strerror(code)) }
