/// How to cut a small, class-balanced data set out of a large one.
public struct SubsetRecipe: Equatable, Sendable {
  /// The black pixels to add on each side before scaling.
  ///
  /// Images that touch their edges get a black ring this way, on which `borderResidue(of:)` sees
  /// the noise that a sampler leaves. A margin of 2 makes 32 x 32 pixels of 28 x 28, and 16 x 16
  /// then are plain means of four.
  public var margin: Int
  /// The width and height to scale down to, or nil to keep those of the source and the margin.
  public var size: Int?
  /// The number of training images of each class.
  public var perClass: Int
  /// The number of test images of each class; at 0 there is no test split.
  public var testPerClass: Int
  /// The number that chooses the images.
  public var seed: UInt64

  /// Describes a small data set.
  ///
  /// - Parameters:
  ///   - margin: The black pixels to add on each side before scaling.
  ///   - size: The width and height to scale down to, or nil for none.
  ///   - perClass: The number of training images of each class.
  ///   - testPerClass: The number of test images of each class; at 0 there is no test split.
  ///   - seed: The number that chooses the images.
  public init(
    margin: Int = 0, size: Int? = nil, perClass: Int, testPerClass: Int = 0, seed: UInt64 = 0
  ) {
    self.margin = margin
    self.size = size
    self.perClass = perClass
    self.testPerClass = testPerClass
    self.seed = seed
  }

  /// Cuts the data set out of a source.
  ///
  /// - Parameter source: A folder that `ImageDataset(contentsOf:split:)` reads.
  /// - Returns: The names and contents of the files of the small data set: gzip-compressed IDX
  ///   files, and `classes.txt` where the classes have names. Equal input gives equal bytes.
  /// - Throws: `DataError` or `ImageError` that names the file, the class or the number at fault.
  public func files(from source: String) throws -> [(name: String, bytes: [UInt8])] {
    let train = try subset(of: source, split: .train).idxFiles(split: .train)
    guard testPerClass != 0 else { return train }
    let test = try subset(of: source, split: .test).idxFiles(split: .test)
    return train + test.filter { file in !train.contains { $0.name == file.name } }
  }

  /// Cuts one split out of a source.
  package func subset(of source: String, split: DataSplit) throws -> ImageDataset {
    let subset = try ImageDataset(contentsOf: source, split: split)
      .balancedSubset(perClass: split == .train ? perClass : testPerClass, seed: seed)
      .addingMargin(margin, name: source)
    return try size.map { try subset.resized(to: $0, name: source) } ?? subset
  }
}
