import CZip

/// The content of one archive member, pulled by libzip while it writes: a NumPy header, then
/// pieces of elements.
final class PieceSource {
  /// What went wrong on this side, to be reported rather than libzip's view of it.
  private(set) var failure: (any Error)?
  /// The bytes of the member.
  let size: Int

  private let path: String
  private let shape: [Int]
  private let next: () throws -> [UInt8]?
  private var piece: ArraySlice<UInt8>
  /// The bytes that the pieces to come should hold.
  private var outstanding: Int
  var zipError = zip_error_t()

  /// Supplies `header` and the pieces of `next`; `path` is named in errors.
  init(header: NumPyHeader, path: String, next: @escaping () throws -> [UInt8]?) {
    let bytes = header.bytes
    piece = bytes[...]
    outstanding = header.byteCount
    size = bytes.count + header.byteCount
    self.path = path
    shape = header.shape
    self.next = next
    zip_error_init(&zipError)
  }

  deinit { zip_error_fini(&zipError) }

  /// Copies the following bytes to `buffer`.
  ///
  /// - Parameter buffer: Where to write.
  /// - Returns: The number of bytes copied, 0 at the end, or nil after a failure.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    do {
      while piece.isEmpty, outstanding > 0 {
        guard let following = try next() else {
          throw mismatch("\(outstanding) bytes fewer than")
        }
        guard following.count <= outstanding else {
          throw mismatch("\(following.count - outstanding) bytes more than")
        }
        piece = following[...]
        outstanding -= following.count
      }
      let count = min(piece.count, buffer.count)
      buffer.copyBytes(from: piece.prefix(count))
      piece = piece.dropFirst(count)
      return count
    } catch {
      failure = error
      zip_error_set(&zipError, ZIP_ER_INTERNAL, 0)
      return nil
    }
  }

  /// Throws if there are more pieces than the shape holds.
  func expectEnd() throws {
    while let following = try next() {
      guard following.isEmpty else { throw mismatch("\(following.count) bytes more than") }
    }
  }

  private func mismatch(_ difference: String) -> CheckpointError {
    .unwritable(file: path, reason: "the images hold \(difference) their shape \(shape) needs")
  }
}

/// Serves libzip's requests from the ``PieceSource`` at `context`.
let supplyPieces: zip_source_callback = { context, data, length, command in
  guard let context else { return -1 }
  let source = Unmanaged<PieceSource>.fromOpaque(context).takeUnretainedValue()
  switch command {
  case ZIP_SOURCE_OPEN, ZIP_SOURCE_CLOSE, ZIP_SOURCE_FREE:
    return 0
  case ZIP_SOURCE_READ:
    let buffer = UnsafeMutableRawBufferPointer(start: data, count: Int(length))
    return source.read(into: buffer).map(Int64.init) ?? -1
  case ZIP_SOURCE_STAT:
    guard let stat = data?.assumingMemoryBound(to: zip_stat_t.self) else { return -1 }
    zip_stat_init(stat)
    stat.pointee.size = UInt64(source.size)
    stat.pointee.valid = UInt64(ZIP_STAT_SIZE)
    return Int64(MemoryLayout<zip_stat_t>.size)
  case ZIP_SOURCE_ERROR:
    return zip_error_to_data(&source.zipError, data, length)
  case ZIP_SOURCE_SUPPORTS:
    let commands = [
      ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
      ZIP_SOURCE_FREE, ZIP_SOURCE_SUPPORTS,
    ]
    return commands.reduce(0) { $0 | 1 << Int64($1.rawValue) }
  default:
    zip_error_set(&source.zipError, ZIP_ER_OPNOTSUPP, 0)
    return -1
  }
}
