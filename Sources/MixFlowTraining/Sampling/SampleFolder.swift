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
    try createFolder(path, option: "--out")
    self.path = path
    self.rule = rule
  }

  /// The path of one sample.
  public func file(_ index: Int) -> String { Self.file(index, in: path) }

  /// The path of one sample in a folder.
  public static func file(_ index: Int, in folder: String) -> String {
    "\(folder)/\(zeroPadded(index, to: 6)).png"
  }

  /// The indices of the samples in a folder, in order; none where there is no such folder.
  public static func indices(in folder: String) -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { name in
      Int(name.prefix { $0 != "." }).flatMap { file($0, in: "") == "/\(name)" ? $0 : nil }
    }.sorted()
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

  /// Writes one picture.
  ///
  /// - Parameters:
  ///   - image: The picture.
  ///   - index: The index of the sample.
  /// - Throws: `CheckpointError` when the file cannot be written.
  public func write(_ image: Image, at index: Int) throws {
    try AtomicFile.write(try image.pngBytes(), to: file(index))
  }

  /// Writes an archive for the ADM evaluation suite: `arr_0`, uint8, `[N, H, W, 3]`.
  ///
  /// - Parameters:
  ///   - indices: The samples, at least one, all written before.
  ///   - archive: The file, or nil for `samples.npz` in the folder.
  /// - Throws: `CheckpointError`, `DataError` or `ImageError` that names the file.
  public func writeArchive(of indices: some Collection<Int>, to archive: String? = nil) throws {
    guard let first = indices.first else { preconditionFailure("an archive without samples") }
    let size = try Image(pngAt: file(first))
    var rest = indices[...]
    try NPZWriter.write(
      shape: [indices.count, size.height, size.width, 3], to: archive ?? path + "/samples.npz"
    ) {
      guard let index = rest.popFirst() else { return nil }
      let image = try Image(pngAt: file(index))
      guard [image.width, image.height] == [size.width, size.height] else {
        throw DataError.sizeMismatch(
          file: file(index), found: [image.width, image.height], first: file(first),
          expected: [size.width, size.height])
      }
      return image.rgb.pixels
    }
  }

  /// Writes `grid.png` of the first samples.
  ///
  /// - Parameters:
  ///   - indices: The samples, at least one, all written before.
  ///   - columns: Samples in a row, or nil for a square.
  /// - Throws: `CheckpointError` or `ImageError` that names the file.
  public func writeGrid(of indices: some Collection<Int>, columns: Int? = nil) throws {
    let tiles = try indices.prefix(Self.gridLimit).map { try Image(pngAt: file($0)) }
    let grid = Self.grid(of: tiles.count, columns: columns, width: tiles[0].width)
    try AtomicFile.write(try grid.image(of: tiles).pngBytes(), to: path + "/grid.png")
  }

  /// The most samples in a grid.
  static let gridLimit = 256

  /// The layout of a grid of `count` samples.
  static func grid(of count: Int, columns: Int?, width: Int) -> ImageGrid {
    let square = Int(Double(count).squareRoot().rounded(.up))
    return ImageGrid(columns: max(1, columns ?? square), scale: max(1, 48 / width))
  }
}
