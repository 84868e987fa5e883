import Foundation
import MixFlowImage

extension ImageDataset {
  /// Reads a data set from a folder of IDX files or of one sub-folder of PNG files per class.
  ///
  /// - Parameters:
  ///   - path: The folder; it is taken for one of IDX files where it has such files of any split.
  ///   - split: The part to read from IDX files. Of sub-folders, `train` and `test` in `path` are
  ///     taken where both exist, else `path` itself is the training part.
  ///   - size: The width and height to scale down to, or nil to keep those of the files.
  ///   - byteLimit: The most bytes of pixels to read.
  /// - Throws: `DataError` or `ImageError` that names the file.
  public init(
    contentsOf path: String, split: DataSplit = .train, size: Int? = nil,
    byteLimit: Int = IDXFile.defaultByteLimit
  ) throws {
    let hasIDX = DataSplit.allCases.contains {
      Self.idxPath(in: path, split: $0, kind: "images", ranks: [3, 4]) != nil
    }
    guard !hasIDX else {
      try self.init(idxFolder: path, split: split, size: size, byteLimit: byteLimit)
      return
    }
    let names = try Self.subfolders(of: path)
    let isSplit = DataSplit.allCases.allSatisfy { names.contains($0.rawValue) }
    guard isSplit || split == .train else {
      throw DataError.nothingFound(
        folder: path, expected: "sub-folders named train and test, as the test split is wanted")
    }
    guard isSplit else {
      try self.init(classFolder: path, size: size, byteLimit: byteLimit)
      return
    }
    // The training part numbers the classes, so that a test part may lack some.
    try self.init(
      classFolder: "\(path)/\(split.rawValue)", numberedAs: "\(path)/\(DataSplit.train.rawValue)",
      size: size, byteLimit: byteLimit)
  }

  /// Reads a folder with one sub-folder of PNG files per class.
  ///
  /// Classes are numbered in the sorted order of the sub-folders' names (so "10" comes before
  /// "2"), images are in the sorted order of theirs. Names that start with a dot are skipped, as
  /// are files that are no images. Gray images become RGB where any image is RGB.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - reference: The folder whose sub-folders are the classes, or nil for `folder` itself.
  ///   - size: The width and height to scale down to, or nil where all have one size already.
  ///   - byteLimit: The most bytes of pixels to read.
  /// - Throws: `DataError` or `ImageError` that names the file.
  public init(
    classFolder folder: String, numberedAs reference: String? = nil, size: Int? = nil,
    byteLimit: Int = IDXFile.defaultByteLimit
  ) throws {
    let present = try Self.subfolders(of: folder)
    let classNames = try reference.map(Self.subfolders) ?? present
    if let reference, let stranger = present.first(where: { !classNames.contains($0) }) {
      throw DataError.invalid(
        file: "\(folder)/\(stranger)", reason: "is a class that \(reference) has not",
        mend: "add it there, or remove it")
    }
    guard !present.isEmpty else {
      throw DataError.nothingFound(
        folder: folder,
        expected: "IDX files such as train-images-idx3-ubyte.gz, or a sub-folder of PNG files "
          + "for each class")
    }
    var images: [Image] = []
    var labels: [Int] = []
    var first = ""
    var bytes = 0
    for (label, name) in classNames.enumerated() where present.contains(name) {
      let paths = try Self.pngFiles(in: "\(folder)/\(name)")
      guard !paths.isEmpty else {
        throw DataError.nothingFound(folder: "\(folder)/\(name)", expected: "PNG files")
      }
      for path in paths {
        let image = try Self.read(path, size: size)
        if let example = images.first,
          [image.width, image.height] != [example.width, example.height]
        {
          throw DataError.sizeMismatch(
            file: path, found: [image.width, image.height], first: first,
            expected: [example.width, example.height])
        }
        if images.isEmpty { first = path }
        bytes += image.pixels.count
        guard bytes <= byteLimit else {
          throw DataError.tooLarge(file: path, bytes: bytes, limit: byteLimit)
        }
        images.append(image)
        labels.append(label)
      }
    }
    self.init(images: images, labels: labels, classNames: classNames)
  }

  private static func read(_ path: String, size: Int?) throws -> Image {
    let image = try Image(pngAt: path)
    guard let size else { return image }
    try checkResize(width: image.width, height: image.height, to: size, name: path)
    return try image.resized(toWidth: size, height: size)
  }

  /// The visible sub-folders, sorted.
  private static func subfolders(of folder: String) throws -> [String] {
    try visibleNames(in: folder).filter { isFolder("\(folder)/\($0)") }
  }

  /// The paths of the PNG files, sorted; an image of another kind is an error, not a gap.
  private static func pngFiles(in folder: String) throws -> [String] {
    let others = ["jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "ppm", "pgm"]
    return try visibleNames(in: folder).compactMap { name in
      let path = "\(folder)/\(name)"
      let kind = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
      if others.contains(kind) {
        throw DataError.invalid(
          file: path, reason: "is no PNG file", mend: "convert the images to PNG")
      }
      return kind == "png" && !isFolder(path) ? path : nil
    }
  }

  private static func visibleNames(in folder: String) throws -> [String] {
    guard isFolder(folder), let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
    else {
      throw DataError.unreadable(file: folder, reason: "no such folder, or no permission")
    }
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
