import MixFlowCheckpoint

/// What a file of NumPy arrays is and holds.
struct ArrayReport: Encodable {
  /// One array.
  struct Entry: Encodable {
    let name: String
    let type: String
    let shape: [Int]
  }

  let file: String
  let format: String
  let kind: String
  let arrays: [Entry]

  /// Reads a file whole, a piece at a time; nil where it holds no NumPy arrays.
  ///
  /// - Parameter path: A `.npy` or `.npz` file.
  /// - Throws: `CheckpointError` for a file that is malformed.
  init?(contentsOf path: String) throws(CheckpointError) {
    guard let format = try NumPyFormat(of: path) else { return nil }
    file = path
    switch format {
    case .array:
      let (type, shape) = try NumPyArray.info(contentsOf: path)
      self.format = "NumPy array (.npy)"
      arrays = [Entry(name: "", type: type.rawValue, shape: shape)]
    case .archive:
      let archive = try NPZFile(contentsOf: path)
      self.format = "NumPy archive (.npz)"
      var arrays: [Entry] = []
      for name in archive.names {
        let (type, shape) = try archive.info(for: name)
        try archive.check(name)
        arrays.append(Entry(name: name, type: type.rawValue, shape: shape))
      }
      self.arrays = arrays
    }
    kind = Self.kind(of: arrays)
  }

  /// Says what arrays of these names, types and shapes are for.
  private static func kind(of arrays: [Entry]) -> String {
    func entry(_ name: String) -> Entry? { arrays.first { $0.name == name } }
    if let mean = entry("mu"), let covariance = entry("sigma"), mean.shape.count == 1,
      covariance.shape == mean.shape + mean.shape
    {
      return "statistics for FID, of \(mean.shape[0]) features"
    }
    if let first = arrays.first, first.type == ScalarType.uint8.rawValue, first.shape.count == 4,
      [1, 3].contains(first.shape[3])
    {
      return "\(first.shape[0]) pictures of \(first.shape[2])x\(first.shape[1]) pixels, "
        + "\(first.shape[3] == 3 ? "RGB" : "gray"), for an evaluation"
    }
    return arrays.count == 1 ? "an array" : "\(arrays.count) arrays"
  }

  /// The report for a person.
  var text: String {
    let lines = ["file        \(file)", "format      \(format)", "kind        \(kind)"]
    return (lines + arrays.map { "  \($0.name)  \($0.type) \($0.shape)" }).joined(separator: "\n")
  }
}
