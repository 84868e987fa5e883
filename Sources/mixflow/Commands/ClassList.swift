import ArgumentParser

/// The classes of generated images, taken in turn.
struct ClassList {
  private let classes: [Int]

  /// Reads a list such as `0,2,5-7`; nil stands for all classes.
  init(_ text: String?, classCount: Int) throws {
    guard let text else {
      classes = Array(0..<classCount)
      return
    }
    var classes: [Int] = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-").map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        first <= last
      else {
        throw ValidationError("'--classes' takes numbers such as 3 or 0,2,5-7, got '\(text)'.")
      }
      guard 0 <= first, last < classCount else {
        throw ValidationError(
          "'--classes' names class \(last); the model has classes 0 to \(classCount - 1).")
      }
      classes += first...last
    }
    guard !classes.isEmpty else { throw ValidationError("'--classes' is empty.") }
    self.classes = classes
  }

  /// The class of each sample; sample `i` always has the same.
  func labels(_ range: Range<Int>) -> [Int] { range.map { classes[$0 % classes.count] } }
}
