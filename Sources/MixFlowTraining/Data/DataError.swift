/// A data set that cannot be used as it is, and what would make it usable.
public enum DataError: Error, Equatable, CustomStringConvertible {
  /// The file or folder could not be read at all.
  case unreadable(file: String, reason: String)
  /// The file is damaged or of another kind; `mend` says what to do.
  case invalid(file: String, reason: String, mend: String)
  /// The folder holds nothing that looks like a data set, or not the part that was asked for.
  case nothingFound(folder: String, expected: String)
  /// The contents would take more memory than the caller allows; both counts are bytes.
  case tooLarge(file: String, bytes: Int, limit: Int)
  /// Images and labels differ in number.
  case countMismatch(images: String, imageCount: Int, labels: String, labelCount: Int)
  /// A label has no class.
  case labelOutOfRange(file: String, index: Int, label: Int, classCount: Int)
  /// An image differs in size from the first one; sizes are `[width, height]`.
  case sizeMismatch(file: String, found: [Int], first: String, expected: [Int])
  /// An image cannot be brought to the size that was asked for; `found` is `[width, height]`.
  case cannotResize(file: String, found: [Int], size: Int)
  /// A number that the caller chose is outside its range.
  case invalidOption(name: String, found: Int, expected: String)
  /// IDX files store labels as bytes, so there cannot be more than 256 classes.
  case tooManyClasses(Int)
  /// More files of pictures than allowed cannot be read; `reason` is that of the last one.
  case tooManyBadFiles(count: Int, limit: Int, reason: String)
  /// A class has fewer images than were asked for.
  case tooFew(className: String, found: Int, wanted: Int)

  /// The fault, the place and the mend in one sentence.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): cannot be read (\(reason)); check the path and its permissions"
    case .invalid(let file, let reason, let mend):
      "\(file): \(reason); \(mend)"
    case .nothingFound(let folder, let expected):
      "\(folder): no data found; expected \(expected)"
    case .tooLarge(let file, let bytes, let limit):
      "\(file): needs \(bytes) bytes of memory, the limit is \(limit); use fewer images, or "
        + "smaller ones"
    case .countMismatch(let images, let imageCount, let labels, let labelCount):
      "\(images) holds \(imageCount) images but \(labels) holds \(labelCount) labels; take both "
        + "files from the same data set and split"
    case .labelOutOfRange(let file, let index, let label, let classCount):
      "\(file): label \(label) of image \(index) is not below the number of classes, "
        + "\(classCount); complete the list of class names or mend the label"
    case .sizeMismatch(let file, let found, let first, let expected):
      "\(file): \(found[0])x\(found[1]) pixels, but \(first) has \(expected[0])x\(expected[1]); "
        + "bring all images to one size"
    case .cannotResize(let file, let found, let size):
      "\(file): \(found[0])x\(found[1]) pixels cannot be scaled down to \(size)x\(size); crop the "
        + "image to a square of at least that size"
    case .invalidOption(let name, let found, let expected):
      "\(name) is \(found); expected \(expected)"
    case .tooManyClasses(let count):
      "\(count) classes do not fit into IDX files, which have at most 256; keep the images as PNG "
        + "files in one sub-folder per class"
    case .tooManyBadFiles(_, 0, let reason):
      "\(reason); 'mixflow data check' finds all such files, data.max_bad_files leaves out so many"
    case .tooManyBadFiles(let count, let limit, let reason):
      "\(count) files cannot be read, which is more than data.max_bad_files, \(limit); the last: "
        + reason
    case .tooFew(let className, let found, let wanted):
      "class \(className) has \(found) images, \(wanted) were asked for; ask for at most \(found) "
        + "per class"
    }
  }
}
