import CZip
import Foundation

/// A `.npz` file: a zip archive of NumPy arrays.
///
/// One thread at a time may read it.
public final class NPZFile {
  /// The path that was opened.
  public let path: String
  /// The names of the arrays, without `.npy`, in the order of the archive.
  public let names: [String]
  private let archive: OpaquePointer

  /// Opens an archive that `numpy.savez` or `numpy.savez_compressed` wrote.
  ///
  /// - Parameter path: A `.npz` file.
  /// - Throws: ``CheckpointError`` if it cannot be read or is not a zip archive.
  public init(contentsOf path: String) throws(CheckpointError) {
    // libzip would wait for a pipe that nobody writes to.
    _ = try MappedFile(path: path)
    var code: Int32 = 0
    guard let archive = zip_open(path, ZIP_RDONLY, &code) else {
      let system = errno
      guard code != ZIP_ER_NOENT, code != ZIP_ER_OPEN, code != ZIP_ER_READ else {
        throw CheckpointError.unreadable(
          file: path, reason: describe(errno: code == ZIP_ER_NOENT ? ENOENT : system))
      }
      throw CheckpointError.numPy(.archive(describe(zipCode: code)), array: nil, file: path)
    }
    self.path = path
    self.archive = archive
    names = (0..<max(0, zip_get_num_entries(archive, 0))).compactMap { index in
      guard let name = zip_get_name(archive, UInt64(index), 0) else { return nil }
      let text = String(cString: name)
      return text.hasSuffix(".npy") ? String(text.dropLast(4)) : nil
    }
  }

  deinit { zip_discard(archive) }

  /// The most bytes that are read into memory at once: 1 GiB.
  public static let byteLimit = 1 << 30

  /// Reads the array called `name`.
  ///
  /// - Parameter name: One of ``names``, such as `"arr_0"`.
  /// - Returns: The whole array.
  /// - Throws: ``CheckpointError`` if there is no such array, it is damaged or larger than
  ///   ``byteLimit``.
  public func array(_ name: String) throws(CheckpointError) -> NumPyArray {
    let member = try Member(name, of: self)
    try member.expectFits(member.header.byteCount)
    var bytes: [UInt8] = []
    try member.forEachPiece(of: 1 << 24) { bytes += $0 }
    return NumPyArray(header: member.header, bytes: bytes)
  }

  /// Returns the type and shape of the array called `name` without reading its elements.
  public func info(
    for name: String
  ) throws(CheckpointError) -> (type: ScalarType, shape: [Int]) {
    let header = try Member(name, of: self).header
    return (header.type, header.shape)
  }

  /// Reads the array called `name` and forgets it.
  ///
  /// - Parameter name: One of ``names``.
  /// - Throws: ``CheckpointError`` if it is damaged, such as where its checksum differs.
  public func check(_ name: String) throws(CheckpointError) {
    try Member(name, of: self).forEachPiece(of: 1 << 20) { _ in }
  }

  /// Reads the array called `name` a few rows at a time, so that it need not fit in memory.
  ///
  /// - Parameters:
  ///   - name: One of ``names``, of one dimension or more.
  ///   - count: The largest number of rows, which are entries along the first dimension.
  ///   - body: Takes arrays of the same type whose first dimension is at most `count`.
  /// - Throws: ``CheckpointError``, or what `body` throws.
  public func forEachRows(
    of name: String, count: Int, _ body: (NumPyArray) throws -> Void
  ) throws {
    precondition(count > 0, "\(count) rows at a time")
    let member = try Member(name, of: self)
    let header = member.header
    guard let rows = header.shape.first else {
      throw CheckpointError.numPy(.shape(header.shape), array: name, file: path)
    }
    guard header.byteCount > 0 else { return }
    let rowBytes = header.byteCount / rows
    try member.expectFits(rowBytes)
    let piece = rowBytes * max(1, min(count, rows, Self.byteLimit / rowBytes))
    try member.forEachPiece(of: piece) { bytes in
      let shape = [bytes.count / rowBytes] + header.shape.dropFirst()
      guard let piece = NumPyHeader(type: header.type, shape: shape) else { return }
      try body(NumPyArray(header: piece, bytes: bytes))
    }
  }
}

extension NPZFile {
  /// One array of the archive, opened for reading from its beginning.
  private final class Member {
    let header: NumPyHeader
    private let name: String
    private let path: String
    private let stream: OpaquePointer

    init(_ name: String, of file: NPZFile) throws(CheckpointError) {
      let index = zip_name_locate(file.archive, name + ".npy", zip_flags_t(ZIP_FL_ENC_RAW))
      guard index >= 0 else {
        throw CheckpointError.missing(
          key: name, nearest: nearest(to: name, among: file.names), file: file.path)
      }
      guard let stream = zip_fopen_index(file.archive, UInt64(index), 0) else {
        let reason = String(cString: zip_strerror(file.archive))
        throw CheckpointError.numPy(.archive(reason), array: name, file: file.path)
      }
      do {
        var start = 0
        header = try NumPyHeader { count in
          start += count
          return try read(count, from: stream)
        }
        // What the directory says is known before memory is taken for it.
        var status = zip_stat_t()
        if zip_stat_index(file.archive, UInt64(index), 0, &status) == 0,
          status.valid & UInt64(ZIP_STAT_SIZE) != 0, let size = Int(exactly: status.size),
          size - start != header.byteCount
        {
          throw NumPyFault.size(needed: header.byteCount, found: size - start)
        }
      } catch {
        zip_fclose(stream)
        throw CheckpointError.numPy(
          error as? NumPyFault ?? .archive("\(error)"), array: name, file: file.path)
      }
      self.name = name
      path = file.path
      self.stream = stream
    }

    deinit { zip_fclose(stream) }

    /// Refuses to hold more than ``byteLimit`` in memory.
    func expectFits(_ count: Int) throws(CheckpointError) {
      guard count <= NPZFile.byteLimit else {
        throw fault(.tooLarge(bytes: count, limit: NPZFile.byteLimit))
      }
    }

    /// Passes the elements to `body` in pieces of `size` bytes, the last one shorter.
    func forEachPiece(of size: Int, _ body: ([UInt8]) throws -> Void) throws {
      var rest = header.byteCount
      while rest > 0 {
        let piece = try next(min(size, rest))
        guard piece.count == min(size, rest) else {
          throw fault(.size(needed: header.byteCount, found: header.byteCount - rest + piece.count))
        }
        rest -= piece.count
        try body(piece)
      }
      // Reading at the end verifies the checksum.
      guard try next(1).isEmpty else {
        throw fault(.size(needed: header.byteCount, found: header.byteCount + 1))
      }
    }

    /// As above, for a body that cannot fail.
    func forEachPiece(of size: Int, _ body: ([UInt8]) -> Void) throws(CheckpointError) {
      do {
        try forEachPiece(of: size) { (piece) throws in body(piece) }
      } catch let error as CheckpointError {
        throw error
      } catch {
        throw fault(.archive("\(error)"))
      }
    }

    private func next(_ count: Int) throws(CheckpointError) -> [UInt8] {
      do { return try read(count, from: stream) } catch { throw fault(error) }
    }

    private func fault(_ fault: NumPyFault) -> CheckpointError {
      .numPy(fault, array: name, file: path)
    }
  }
}

/// Reads up to `count` bytes, fewer only at the end.
private func read(_ count: Int, from stream: OpaquePointer) throws(NumPyFault) -> [UInt8] {
  var isDamaged = false
  let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
    while filled < count {
      let read = zip_fread(
        stream, buffer.baseAddress.map { $0 + filled }, UInt64(count - filled))
      isDamaged = read < 0
      guard read > 0 else { break }
      filled += Int(read)
    }
  }
  guard !isDamaged else {
    throw NumPyFault.archive(String(cString: zip_file_strerror(stream)))
  }
  return bytes
}

/// Returns libzip's text for one of its error codes.
func describe(zipCode code: Int32) -> String {
  var error = zip_error_t()
  zip_error_init_with_code(&error, code)
  defer { zip_error_fini(&error) }
  return String(cString: zip_error_strerror(&error))
}
