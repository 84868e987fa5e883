import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowTensor

/// A folder of generated images, `000017.png` being sample 17, as the upstream repositories name
/// them.
public struct SampleFolder: Sendable {
  /// The folder's path.
  public let path: String
  private let rule: Quantization

  /// Creates the folder where it is missing.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - rule: The rule from floats to bytes.
  /// - Throws: ``TrainingError/run(folder:problem:)`` when it cannot be created.
  public init(_ path: String, rule: Quantization) throws {
    try createFolder(path)
    self.path = path
    self.rule = rule
  }

  /// The path of one sample.
  public func file(_ index: Int) -> String { Self.file(index, in: path) }

  /// The path of one sample in a folder.
  public static func file(_ index: Int, in folder: String) -> String {
    String(format: "%@/%06d.png", folder, index)
  }

  /// Writes a batch.
  ///
  /// - Parameters:
  ///   - samples: `[B, C, H, W]` with 1 or 3 channels.
  ///   - first: The index of the first of them.
  /// - Throws: `CheckpointError` when a file cannot be written.
  public func write(_ samples: Tensor, from first: Int) throws {
    for (place, image) in samples.images(rule).enumerated() {
      try AtomicFile.write(try image.pngBytes(), to: file(first + place))
    }
  }

  /// Writes `samples.npz` for the ADM evaluation suite: `arr_0`, uint8, `[N, H, W, 3]`.
  ///
  /// - Parameter range: The indices of the samples, all written before.
  /// - Throws: `CheckpointError` or `ImageError` that names the file.
  public func writeArchive(of range: Range<Int>) throws {
    let size = try Image(pngAt: file(range.lowerBound))
    var next = range.lowerBound
    try NPZWriter.write(
      shape: [range.count, size.height, size.width, 3], to: path + "/samples.npz"
    ) {
      guard next < range.upperBound else { return nil }
      defer { next += 1 }
      return try Image(pngAt: file(next)).rgb.pixels
    }
  }

  /// Writes `grid.png` of the first samples.
  ///
  /// - Parameters:
  ///   - range: The indices of the samples, all written before.
  ///   - columns: Samples in a row, or nil for a square.
  /// - Throws: `CheckpointError` or `ImageError` that names the file.
  public func writeGrid(of range: Range<Int>, columns: Int? = nil) throws {
    let tiles = try range.prefix(256).map { try Image(pngAt: file($0)) }
    let columns = columns ?? Int(Double(tiles.count).squareRoot().rounded(.up))
    let grid = ImageGrid(columns: max(1, columns), scale: max(1, 48 / max(tiles[0].width, 1)))
    try AtomicFile.write(try grid.image(of: tiles).pngBytes(), to: path + "/grid.png")
  }
}
