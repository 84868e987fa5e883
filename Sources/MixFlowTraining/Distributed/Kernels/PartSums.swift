/// The sum of the equal parts of a buffer, in the order of a balanced tree.
///
/// The tree does not depend on who computed which leaf: the sum of eight parts in one process has the
/// same bits as that of four parts in each of two processes, added up.
enum PartSums {
  /// Adds all parts into the first; the others are overwritten.
  static func reduce(_ parts: UnsafeMutableBufferPointer<Float>, count: Int) {
    let length = parts.count / count
    func part(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(rebasing: parts[index * length..<(index + 1) * length])
    }
    func reduce(_ range: Range<Int>) {
      guard range.count > 1 else { return }
      let middle = range.lowerBound + range.count / 2
      reduce(range.lowerBound..<middle)
      reduce(middle..<range.upperBound)
      let (sum, other) = (part(range.lowerBound), part(middle))
      for index in 0..<length { sum[index] += other[index] }
    }
    reduce(0..<count)
  }
}
