extension ImageDataset {
  /// Returns the images at `indices`, in that order, with all class names kept.
  public func selecting(_ indices: [Int]) -> ImageDataset {
    ImageDataset(
      pixels: indices.flatMap { pixels[$0 * sampleCount..<($0 + 1) * sampleCount] },
      channels: channels, height: height, width: width, labels: indices.map { labels[$0] },
      classNames: classNames)
  }

  /// Returns equally many images of each class, drawn without replacement, in their old order.
  ///
  /// - Parameters:
  ///   - perClass: The number of images of each class.
  ///   - seed: The draw depends on this number, the class and the class's images alone.
  /// - Returns: The smaller data set.
  /// - Throws: `DataError` where a class has not so many, or none are asked for.
  public func balancedSubset(perClass: Int, seed: UInt64) throws -> ImageDataset {
    guard perClass > 0 else {
      throw DataError.invalidOption(
        name: "the number of images per class", found: perClass, expected: "1 or more")
    }
    var members = [[Int]](repeating: [], count: classCount)
    for (index, label) in labels.enumerated() { members[label].append(index) }
    var chosen: [Int] = []
    for (label, indices) in members.enumerated() {
      guard indices.count >= perClass else {
        throw DataError.tooFew(
          className: classNames[label], found: indices.count, wanted: perClass)
      }
      var generator = RandomPurpose.subset.generator(seed: seed, index: label)
      let order = shuffledIndices(indices.count, using: &generator)
      chosen += order.prefix(perClass).map { indices[$0] }
    }
    return selecting(chosen.sorted())
  }
}
