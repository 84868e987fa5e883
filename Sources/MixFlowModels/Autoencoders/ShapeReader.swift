/// Looks up shapes in a file and says which model they should be of.
struct ShapeReader {
  let model: String
  let file: String
  let shape: (String) -> [Int]?

  /// Returns the shape under `key`, of `rank` positive sizes.
  func callAsFunction(_ key: String, rank: Int) throws(ModelInferenceError) -> [Int] {
    guard let found = shape(key) else {
      throw ModelInferenceError(file: file, problem: "no tensor '\(key)', which every \(model) has")
    }
    guard found.count == rank, found.allSatisfy({ 1...1 << 30 ~= $0 }) else {
      throw ModelInferenceError(file: file, problem: "'\(key)' is \(found), which no \(model) has")
    }
    return found
  }

  /// Returns the side of a square of `count` tokens.
  func side(ofSquare count: Int) throws(ModelInferenceError) -> Int {
    let side = Int(Double(max(count, 0)).squareRoot().rounded())
    guard side > 0, side * side == count else {
      throw ModelInferenceError(file: file, problem: "\(count) positions are no square grid")
    }
    return side
  }
}
