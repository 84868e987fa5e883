import Foundation
import MixFlowImage

/// The two parts of the data sets of the MNIST family.
public enum DataSplit: String, CaseIterable, Codable, Sendable {
  /// Images to learn from; their files begin with `train`.
  case train
  /// Images to measure with; their files begin with `t10k`.
  case test

  /// What the names of the files begin with.
  var prefix: String { self == .train ? "train" : "t10k" }
}

extension ImageDataset {
  /// The file beside the IDX files that names the classes, one a line.
  static let classNamesFile = "classes.txt"

  /// Reads one split from a folder of IDX files, plain or gzip-compressed (`.gz`).
  ///
  /// The files are `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, or `t10k-…` for the
  /// test split. Images are `[N, H, W]`, or `[N, H, W, 3]` in `…-idx4-ubyte`. A file
  /// `classes.txt` may name the classes, one a line; else their names are their numbers.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - split: The part to read.
  ///   - size: The width and height to scale down to, or nil to keep those of the file.
  ///   - byteLimit: The most bytes of pixels to read.
  /// - Throws: `DataError` or `ImageError` that names the file.
  public init(
    idxFolder folder: String, split: DataSplit = .train, size: Int? = nil,
    byteLimit: Int = IDXFile.defaultByteLimit
  ) throws {
    guard
      let imagePath = Self.idxPath(in: folder, split: split, kind: "images", ranks: [3, 4]),
      let labelPath = Self.idxPath(in: folder, split: split, kind: "labels", ranks: [1])
    else {
      throw DataError.nothingFound(
        folder: folder,
        expected: "\(split.prefix)-images-idx3-ubyte and \(split.prefix)-labels-idx1-ubyte, or "
          + "the same with .gz")
    }
    let images = try IDXFile(contentsOf: imagePath, byteLimit: byteLimit)
    let shape = images.dimensions
    let channels = shape.count == 4 ? shape[3] : 1
    guard 3...4 ~= shape.count, channels == 1 || channels == 3, !shape.contains(0) else {
      throw DataError.invalid(
        file: imagePath, reason: "dimensions \(shape) are not those of images",
        mend: "expected [N, H, W] or [N, H, W, 3], all above 0")
    }
    let labelFile = try IDXFile(contentsOf: labelPath, byteLimit: byteLimit)
    guard labelFile.dimensions == [shape[0]] else {
      throw DataError.countMismatch(
        images: imagePath, imageCount: shape[0], labels: labelPath,
        labelCount: labelFile.values.count)
    }
    let labels = labelFile.values.map(Int.init)
    let classNames = try Self.classNames(in: folder) ?? Self.numbers((labels.max() ?? 0) + 1)
    if let index = labels.firstIndex(where: { $0 >= classNames.count }) {
      throw DataError.labelOutOfRange(
        file: labelPath, index: index, label: labels[index], classCount: classNames.count)
    }
    let dataset = ImageDataset(
      pixels: images.values, channels: channels, height: shape[1], width: shape[2],
      labels: labels, classNames: classNames)
    self = try size.map { try dataset.resized(to: $0, name: imagePath) } ?? dataset
  }

  /// The contents of the files that ``init(idxFolder:split:size:byteLimit:)`` reads, by name.
  ///
  /// Equal data give equal bytes. Both splits share the file of the class names, which is left out
  /// where the names are the numbers of the classes.
  ///
  /// - Parameter split: The part that the files shall hold.
  /// - Returns: Each file's name and bytes.
  /// - Throws: `DataError.tooManyClasses` where labels do not fit into bytes.
  public func idxFiles(split: DataSplit) throws -> [(name: String, bytes: [UInt8])] {
    guard classCount <= 256 else { throw DataError.tooManyClasses(classCount) }
    let isGray = channels == 1
    let images = IDXFile(
      dimensions: [count, height, width] + (isGray ? [] : [channels]), values: pixels)
    let labels = IDXFile(dimensions: [count], values: labels.map { UInt8($0) })
    var files = [
      (name: "\(split.prefix)-images-idx\(isGray ? 3 : 4)-ubyte.gz", bytes: images.gzipBytes),
      (name: "\(split.prefix)-labels-idx1-ubyte.gz", bytes: labels.gzipBytes),
    ]
    if classNames != Self.numbers(classCount) {
      files.append((Self.classNamesFile, Array(classNames.map { $0 + "\n" }.joined().utf8)))
    }
    return files
  }

  /// The names of classes that have none.
  private static func numbers(_ count: Int) -> [String] { (0..<count).map { String($0) } }

  /// The first file of a split that exists, or nil.
  static func idxPath(
    in folder: String, split: DataSplit, kind: String, ranks: [Int]
  ) -> String? {
    ranks
      .flatMap { rank in
        ["", ".gz"].map { "\(folder)/\(split.prefix)-\(kind)-idx\(rank)-ubyte\($0)" }
      }
      .first { FileManager.default.fileExists(atPath: $0) }
  }

  /// The class names that a folder states, or nil where it has no such file.
  private static func classNames(in folder: String) throws -> [String]? {
    let path = "\(folder)/\(classNamesFile)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard
      let bytes = FileManager.default.contents(atPath: path),
      let text = String(validating: bytes, as: UTF8.self)
    else {
      throw DataError.unreadable(file: path, reason: "no permission, or not UTF-8 text")
    }
    let names = text.split(whereSeparator: \.isNewline).map(String.init)
    guard !names.isEmpty else {
      throw DataError.invalid(
        file: path, reason: "has no lines", mend: "write one class name a line, or remove it")
    }
    return names
  }
}
