import Foundation
import MixFlowImage

/// The files of a folder with one sub-folder of PNG and JPEG files per class; no image is read.
///
/// Classes are numbered in the sorted order of the sub-folders' names (so "10" comes before "2"). The
/// pictures of a class may lie in folders inside its own: as torchvision's `ImageFolder` takes them,
/// folder after folder in the sorted order of their paths, and in each in that of their names. Names that
/// start with a dot are skipped, as are files that are no images.
public struct ImageFolder: Equatable, Sendable {
  /// The paths of the images.
  public let files: [String]
  /// The class of each image.
  public let labels: [Int]
  /// The names of the classes in the order of their labels.
  public let classNames: [String]

  /// Lists a folder.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - reference: The folder whose sub-folders are the classes, or nil for `folder` itself.
  /// - Throws: `DataError` that names the file; an image of another kind is an error, not a gap.
  public init(classFolder folder: String, numberedAs reference: String? = nil) throws {
    let present = try Self.subfolders(of: folder)
    classNames = try reference.map(Self.subfolders) ?? present
    let classNames = classNames
    if let reference, let stranger = present.first(where: { !classNames.contains($0) }) {
      throw DataError.invalid(
        file: "\(folder)/\(stranger)", reason: "is a class that \(reference) has not",
        mend: "add it there, or remove it")
    }
    guard !present.isEmpty else {
      throw DataError.nothingFound(
        folder: folder,
        expected: "IDX files such as train-images-idx3-ubyte.gz, or a sub-folder of PNG or "
          + "JPEG files for each class")
    }
    var files: [String] = []
    var labels: [Int] = []
    for (label, name) in classNames.enumerated() where present.contains(name) {
      let found = try Self.pictures(in: "\(folder)/\(name)")
      guard !found.isEmpty else {
        throw DataError.nothingFound(folder: "\(folder)/\(name)", expected: "PNG or JPEG files")
      }
      files += found
      labels += found.map { _ in label }
    }
    self.files = files
    self.labels = labels
  }

  /// Lists a folder, or the part of it where it has sub-folders named `train` and `test`.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - split: The part; a folder without parts is the training part.
  /// - Throws: `DataError` that names the file.
  public init(contentsOf path: String, split: DataSplit) throws {
    let names = try Self.subfolders(of: path)
    let isSplit = DataSplit.allCases.allSatisfy { names.contains($0.rawValue) }
    guard isSplit || split == .train else {
      throw DataError.nothingFound(
        folder: path, expected: "sub-folders named train and test, as the test split is wanted")
    }
    // The training part numbers the classes, so that a test part may lack some.
    try self.init(
      classFolder: isSplit ? "\(path)/\(split.rawValue)" : path,
      numberedAs: isSplit ? "\(path)/\(DataSplit.train.rawValue)" : nil)
  }

  /// The visible sub-folders, sorted.
  private static func subfolders(of folder: String) throws -> [String] {
    try visibleNames(in: folder).filter { isFolder("\(folder)/\($0)") }
  }

  /// The deepest that folders of a class may nest: links that lead up would have no end.
  private static let depthLimit = 32

  /// The paths of the pictures of a class.
  private static func pictures(in folder: String) throws -> [String] {
    try folders(from: folder).flatMap { folder in
      try visibleNames(in: folder).compactMap { name in
        let path = "\(folder)/\(name)"
        return try isPicture(path) && !isFolder(path) ? path : nil
      }
    }
  }

  /// A folder and all that are in it, sorted as Python sorts paths.
  private static func folders(from folder: String) throws -> [String] {
    var all: [String] = []
    var level = [folder]
    for _ in 0..<depthLimit where !level.isEmpty {
      all += level
      level = try level.flatMap { folder in
        try subfolders(of: folder).map { "\(folder)/\($0)" }
      }
    }
    if let deep = level.first {
      throw DataError.invalid(
        file: deep,
        reason: "is a folder in \(depthLimit) others, as a link that leads back up makes them",
        mend: "remove that link")
    }
    return all.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
  }

  /// Whether a name is that of a picture that can be read.
  ///
  /// - Throws: `DataError` where it is that of an image of another kind.
  static func isPicture(_ path: String) throws -> Bool {
    let others = ["webp", "bmp", "gif", "tif", "tiff", "ppm", "pgm", "heic", "avif", "jp2", "jxl"]
    let name = path.split(separator: "/").last ?? ""
    let kind = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
    if others.contains(kind) {
      throw DataError.invalid(
        file: path, reason: "is no PNG or JPEG file", mend: "convert the images to PNG or JPEG")
    }
    return ImageFormat.endings.contains(kind)
  }

  private static func visibleNames(in folder: String) throws -> [String] {
    guard isFolder(folder), let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
    else {
      throw DataError.unreadable(file: folder, reason: "no such folder, or no permission")
    }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
