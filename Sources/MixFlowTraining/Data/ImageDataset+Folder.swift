import MixFlowImage

extension ImageDataset {
  /// Reads a data set from a folder of IDX files or of one sub-folder of PNG or JPEG files per class.
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
    guard !Self.hasIDXFiles(in: path) else {
      try self.init(idxFolder: path, split: split, size: size, byteLimit: byteLimit)
      return
    }
    try self.init(
      ImageFolder(contentsOf: path, split: split), size: size, byteLimit: byteLimit)
  }

  /// Whether a folder is one of IDX files, of any split.
  package static func hasIDXFiles(in path: String) -> Bool {
    DataSplit.allCases.contains {
      idxPath(in: path, split: $0, kind: "images", ranks: [3, 4]) != nil
    }
  }

  /// Reads a folder with one sub-folder of PNG or JPEG files per class.
  ///
  /// ``ImageFolder`` says which files are read. Gray images become RGB where any image is RGB.
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
    try self.init(
      ImageFolder(classFolder: folder, numberedAs: reference), size: size, byteLimit: byteLimit)
  }

  private init(_ folder: ImageFolder, size: Int?, byteLimit: Int) throws {
    var images: [Image] = []
    var bytes = 0
    for path in folder.files {
      let image = try Self.read(path, size: size)
      if let example = images.first,
        [image.width, image.height] != [example.width, example.height]
      {
        throw DataError.sizeMismatch(
          file: path, found: [image.width, image.height], first: folder.files[0],
          expected: [example.width, example.height])
      }
      bytes += image.pixels.count
      guard bytes <= byteLimit else {
        throw DataError.tooLarge(file: path, bytes: bytes, limit: byteLimit)
      }
      images.append(image)
    }
    self.init(images: images, labels: folder.labels, classNames: folder.classNames)
  }

  private static func read(_ path: String, size: Int?) throws -> Image {
    let image = try Image(contentsOf: path)
    guard let size else { return image }
    try checkResize(width: image.width, height: image.height, to: size, name: path)
    return try image.resized(toWidth: size, height: size)
  }
}
