import CZip
import Foundation

/// Writes `.npz` files of one array, stored without compression as `numpy.savez` does.
///
/// This is the form in which the ADM evaluation suite takes samples: `arr_0` of shape
/// `[N, H, W, 3]` in unsigned bytes. Archives above 4 GiB are written as ZIP64.
public enum NPZWriter {
  /// Writes images at hand.
  ///
  /// - Parameters:
  ///   - images: The elements in row-major order.
  ///   - shape: The sizes of the dimensions, such as `[N, H, W, 3]`.
  ///   - name: The name of the array.
  ///   - path: A file to create or replace.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``.
  public static func write(
    images: [UInt8], shape: [Int], named name: String = "arr_0", to path: String
  ) throws(CheckpointError) {
    var next: [UInt8]? = images
    do {
      try write(shape: shape, named: name, to: path) {
        defer { next = nil }
        return next
      }
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError.unwritable(file: path, reason: "\(error)")
    }
  }

  /// Writes images that `next` supplies a few at a time, so that they need not fit in memory.
  ///
  /// - Parameters:
  ///   - shape: The sizes of the dimensions of the whole array, such as `[N, H, W, 3]`.
  ///   - name: The name of the array.
  ///   - path: A file to create or replace.
  ///   - next: Returns the following elements, any number of them, and nil after the last.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``, also where `next` supplies another
  ///   number of elements than the shape holds, or what `next` throws. The old file is then as it
  ///   was.
  public static func write(
    shape: [Int], named name: String = "arr_0", to path: String,
    next: () throws -> [UInt8]?
  ) throws {
    guard let header = NumPyHeader(type: .uint8, shape: shape) else {
      throw CheckpointError.unwritable(file: path, reason: "shape \(shape) is not possible")
    }
    let file = try AtomicFile(replacing: path)
    try withoutActuallyEscaping(next) { next in
      let source = PieceSource(header: header, path: path, next: next)
      do {
        try write(source, as: name + ".npy", to: file.temporaryPath)
      } catch let reason as Reason {
        throw source.failure ?? CheckpointError.unwritable(file: path, reason: reason.text)
      }
      try source.expectEnd()
    }
    try file.commit()
  }

  private struct Reason: Error {
    let text: String
  }

  private static func write(_ source: PieceSource, as name: String, to path: String) throws {
    var code: Int32 = 0
    guard let archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code) else {
      throw Reason(text: describe(zipCode: code))
    }
    var isClosed = false
    defer { if !isClosed { zip_discard(archive) } }
    let failure = { Reason(text: String(cString: zip_strerror(archive))) }

    // `source` outlives the archive: this function's caller holds it until after closing.
    let context = Unmanaged.passUnretained(source).toOpaque()
    guard let zipSource = zip_source_function(archive, supplyPieces, context) else {
      throw failure()
    }
    let index = zip_file_add(archive, name, zipSource, zip_flags_t(ZIP_FL_ENC_UTF_8))
    guard index >= 0 else {
      zip_source_free(zipSource)
      throw failure()
    }
    // A fixed time, 1 January 1980 as NumPy writes it, so that equal images give equal files.
    guard zip_set_file_compression(archive, UInt64(index), ZIP_CM_STORE, 0) == 0,
      zip_file_set_dostime(archive, UInt64(index), 0, 1 << 5 | 1, 0) == 0,
      zip_close(archive) == 0
    else { throw failure() }
    isClosed = true
  }
}
