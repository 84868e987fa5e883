import Foundation
import MixFlowCheckpoint

/// What tells a large file from others without reading it all: its size, and bytes from all over it.
public struct FileIdentity: Codable, Equatable, Sendable, CustomStringConvertible {
  /// Where it was read; a file that has moved is the same.
  public let path: String
  /// Its size.
  public let bytes: Int
  /// The fingerprint of its pieces, in hexadecimal digits.
  public let fingerprint: String

  private static let pieceCount = 256
  private static let pieceSize = 4096

  /// Looks at a file.
  ///
  /// - Parameter path: The file.
  /// - Throws: `CheckpointError` where it cannot be read.
  public init(of path: String) throws {
    self.path = path
    do {
      let file = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? file.close() }
      bytes = Int(try file.seekToEnd())
      var print = Fingerprint()
      let last = max(0, bytes - Self.pieceSize)
      let starts =
        last < Self.pieceCount * Self.pieceSize
        ? Array(stride(from: 0, to: max(1, bytes), by: Self.pieceSize))
        : (0..<Self.pieceCount).map { last / (Self.pieceCount - 1) * $0 } + [last]
      for start in starts {
        try file.seek(toOffset: UInt64(start))
        print.add(try file.read(upToCount: Self.pieceSize) ?? Data())
      }
      fingerprint = print.text
    } catch {
      throw CheckpointError.unreadable(file: path, reason: error.localizedDescription)
    }
  }

  /// Whether the contents are alike.
  public static func == (a: FileIdentity, b: FileIdentity) -> Bool {
    a.bytes == b.bytes && a.fingerprint == b.fingerprint
  }

  /// The path, and the fingerprint that tells two files of one path apart.
  public var description: String { "\(path) (fingerprint \(fingerprint))" }
}
