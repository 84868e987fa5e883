import ArgumentParser

/// The classes of generated images, taken in turn.
struct ClassList {
  /// What was asked for; nil stands for all classes.
  private let ranges: [ClosedRange<Int>]?

  /// Reads a list such as `0,2,5-7`; nil stands for all classes.
  init(_ text: String?) throws {
    ranges = try text?.split(separator: ",", omittingEmptySubsequences: false).map { part in
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        first <= last
      else {
        throw ValidationError(
          "'--classes' takes numbers such as 3 or 0,2,5-7, got '\(text ?? "")'.")
      }
      return first...last
    }
  }

  /// Returns the classes in turn for a model.
  ///
  /// - Parameter count: The number of classes of the model.
  /// - Returns: At least one class.
  /// - Throws: `ValidationError` for a class that it has not.
  func classes(of count: Int) throws -> [Int] {
    guard let ranges else { return Array(0..<count) }
    if let last = ranges.map(\.upperBound).max(), last >= count {
      throw ValidationError(
        "'--classes' names class \(last); the model has classes 0 to \(count - 1).")
    }
    return ranges.flatMap(Array.init)
  }
}
