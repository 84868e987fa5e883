/// A file whose shapes are not those of a known model.
public struct ModelInferenceError: Error, Equatable, CustomStringConvertible {
  /// The file's name.
  public let file: String
  /// What does not fit.
  public let problem: String

  /// Creates an error.
  public init(file: String, problem: String) {
    self.file = file
    self.problem = problem
  }

  /// The file and the problem.
  public var description: String { "\(file): \(problem)" }
}

/// The shapes in a file, from which the sizes of a model are inferred.
struct FileShapes {
  private let shape: (String) -> [Int]?
  private let file: String
  private let model: String

  /// Asks `shape` for shapes by key; `file` and `model` are named in errors.
  init(_ shape: @escaping (String) -> [Int]?, file: String, model: String) {
    self.shape = shape
    self.file = file
    self.model = model
  }

  /// Returns the shape under a key that every model of this kind has.
  func sizes(_ key: String, _ rank: Int) throws(ModelInferenceError) -> [Int] {
    guard let found = try optionalSizes(key, rank) else {
      throw error("no tensor '\(key)', which every \(model) has")
    }
    return found
  }

  /// Returns the shape under a key, or nil where there is none.
  func optionalSizes(_ key: String, _ rank: Int) throws(ModelInferenceError) -> [Int]? {
    guard let found = shape(key) else { return nil }
    guard found.count == rank, found.allSatisfy({ $0 > 0 }) else {
      throw error("'\(key)' is \(found), which no \(model) has")
    }
    return found
  }

  /// Whether the file has a tensor under a key.
  func contains(_ key: String) -> Bool { shape(key) != nil }

  /// Returns the side of the square of so many tokens.
  func grid(tokens: Int) throws(ModelInferenceError) -> Int {
    let grid = Int(Double(tokens).squareRoot().rounded())
    guard grid * grid == tokens else { throw error("\(tokens) positions are no square grid") }
    return grid
  }

  /// The widths of all blocks, in order.
  var blockWidths: [Int] {
    var widths: [Int] = []
    while let width = shape("blocks.\(widths.count).attn.qkv.weight")?.last {
      widths.append(width)
    }
    return widths
  }

  /// Returns how the feed-forward layer of a block is built: the ratio of its hidden width to the
  /// block's, and whether it is gated.
  func feedForward(
    width: Int, block: Int = 0
  ) throws(ModelInferenceError) -> (ratio: Int, isGated: Bool) {
    let prefix = "blocks.\(block).mlp"
    let isGated = contains("\(prefix).w3.weight")
    let hidden =
      isGated ? try sizes("\(prefix).w3.weight", 2)[1] : try sizes("\(prefix).fc1.weight", 2)[0]
    // Two thirds were cut to a whole number, so the ratio is the whole number next to the quotient.
    let ratio = Int((Double(hidden) / Double(width) * (isGated ? 1.5 : 1)).rounded())
    guard FeedForward.hiddenWidth(width: width, ratio: ratio, isGated: isGated) == hidden else {
      throw error("'\(prefix)' has a hidden width of \(hidden), which no \(model) of \(width) has")
    }
    return (ratio, isGated)
  }

  /// An error about this file.
  func error(_ problem: String) -> ModelInferenceError {
    ModelInferenceError(file: file, problem: problem)
  }
}
