/// How the classes of samples are chosen.
public enum LabelSampling: String, CaseIterable, Codable, Sendable {
  /// One class after another, sample `i` having the class `i` of them, taken in turn.
  case turns
  /// Each class equally often, in the order that RAE's `sample_ddp.py` gives them for a seed on one
  /// device; it depends on the number of samples.
  case equal
  /// Each sample's class by chance, all equally likely.
  case random

  /// Chooses the class of each sample.
  ///
  /// - Parameters:
  ///   - range: The indices of the samples.
  ///   - classes: The classes to choose from, at least one.
  ///   - seed: The seed, of PyTorch's generator on a CPU.
  /// - Returns: A class for each index.
  /// - Throws: ``SamplingError/unequalClasses(samples:classes:)`` where the classes cannot have
  ///   equally many samples.
  public func labels(
    of range: Range<Int>, from classes: [Int], seed: UInt64
  ) throws(SamplingError) -> [Int] {
    var generator = TorchGenerator(seed: seed)
    switch self {
    case .turns: return range.map { classes[$0 % classes.count] }
    case .equal:
      let (share, rest) = range.count.quotientAndRemainder(dividingBy: classes.count)
      guard rest == 0 else {
        throw .unequalClasses(samples: range.count, classes: classes.count)
      }
      return generator.permutation(range.count).map { classes[$0 / share] }
    case .random:
      // From the first sample on, so that a sample's class does not depend on the range.
      for _ in 0..<range.lowerBound { _ = generator.next() }
      return range.map { _ in classes[generator.integer(below: classes.count)] }
    }
  }
}
