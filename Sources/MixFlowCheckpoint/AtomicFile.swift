import Foundation

/// A file that appears complete or not at all.
///
/// Bytes go to a temporary file in the folder of the destination; ``commit()`` makes them durable
/// and renames the file over the destination. If the value goes away before that, by an error at
/// any point, the temporary file is removed and the destination is as it was.
///
/// ```swift
/// var file = try AtomicFile(replacing: path)
/// try file.write(bytes)
/// try file.commit()
/// ```
public struct AtomicFile: ~Copyable {
  /// Where the bytes are until ``commit()``, for libraries that write to a path by themselves.
  public let temporaryPath: String
  /// The destination as it was given, for messages.
  private let path: String
  /// The destination behind any symbolic link.
  private let target: String
  private let descriptor: Int32
  private var isCommitted = false

  private static let prefix = ".mixflow-"
  private static let suffix = ".tmp"

  /// Whether a file of this name is one that was never committed, left by a process that was killed.
  package static func isTemporary(_ name: String) -> Bool {
    name.hasPrefix(prefix) && name.hasSuffix(suffix)
  }

  /// Creates the temporary file beside `path`.
  ///
  /// - Parameter path: A file to create or replace; a symbolic link is followed.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``, such as for a missing folder.
  public init(replacing path: String) throws(CheckpointError) {
    let target = Self.resolve(path)
    // Renaming over a device, as root may, would remove it.
    var status = stat()
    if stat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw CheckpointError.unwritable(file: path, reason: "exists and is not a regular file")
    }
    let name = String(UInt64.random(in: .min ... .max), radix: 16)
    let temporaryPath = Self.folder(of: target) + Self.prefix + name + Self.suffix
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw CheckpointError.unwritable(file: path, reason: describe(errno: errno))
    }
    self.path = path
    self.target = target
    self.temporaryPath = temporaryPath
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Appends `bytes`.
  ///
  /// - Parameter bytes: Any number of bytes.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``, such as for a full disk.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = Foundation.write(
        descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw failure(errno) }
      rest = rest.dropFirst(written)
    }
  }

  /// Appends `bytes`.
  ///
  /// - Parameter bytes: Any number of bytes.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``, such as for a full disk.
  public mutating func write(_ bytes: [UInt8]) throws(CheckpointError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(CheckpointError) in
      try write(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Makes the bytes durable and moves them to the destination.
  ///
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``; the destination is then as it was,
  ///   except where the error says that only the folder could not be synchronised.
  public consuming func commit() throws(CheckpointError) {
    // By path, as a library may have put another file there than the one created above.
    if let code = Self.synchronise(temporaryPath) { throw failure(code) }
    guard rename(temporaryPath, target) == 0 else { throw failure(errno) }
    isCommitted = true
    // Without this the rename itself may be lost with the power. Some file systems cannot.
    if let code = Self.synchronise(Self.folder(of: target)), code != EINVAL {
      throw CheckpointError.unwritable(
        file: path,
        reason: "replaced, but the folder was not synchronised: \(describe(errno: code))")
    }
  }

  /// Writes `bytes` to `path` atomically.
  ///
  /// - Parameters:
  ///   - bytes: The whole content.
  ///   - path: A file to create or replace.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``.
  public static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) {
    var file = try AtomicFile(replacing: path)
    try file.write(bytes)
    try file.commit()
  }

  /// Writes `text` to `path` atomically, in UTF-8.
  ///
  /// - Parameters:
  ///   - text: The whole content.
  ///   - path: A file to create or replace.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``.
  public static func write(_ text: String, to path: String) throws(CheckpointError) {
    try write(Array(text.utf8), to: path)
  }

  private func failure(_ code: Int32) -> CheckpointError {
    .unwritable(file: path, reason: describe(errno: code))
  }

  /// Returns the file behind a symbolic link, or `path` itself.
  private static func resolve(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Returns the folder of `path` with a closing slash; nothing for the current one.
  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// Flushes a file or folder to the disk; returns the `errno` of a failure.
  private static func synchronise(_ path: String) -> Int32? {
    let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    return fsync(descriptor) == 0 ? nil : errno
  }
}
