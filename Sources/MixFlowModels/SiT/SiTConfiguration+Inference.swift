extension SiTConfiguration {
  /// Infers the sizes of a SiT from the shapes in a file.
  ///
  /// The number of heads leaves no trace in the shapes: it is taken from the published size of the
  /// same width unless it is given. Released files have a row for the null class in their label
  /// table, so the table is taken to have one.
  ///
  /// - Parameters:
  ///   - shape: Returns the shape under a key, or nil where there is none.
  ///   - heads: The number of attention heads, or nil to look it up.
  ///   - file: The file's name, for errors.
  /// - Throws: ``ModelInferenceError`` when the shapes are not those of a SiT.
  public init(
    inferredFrom shape: (String) -> [Int]?, heads: Int? = nil, file: String
  ) throws(ModelInferenceError) {
    func sizes(_ key: String, _ rank: Int) throws(ModelInferenceError) -> [Int] {
      guard let found = shape(key) else {
        throw ModelInferenceError(file: file, problem: "no tensor '\(key)', which every SiT has")
      }
      guard found.count == rank, found.allSatisfy({ $0 > 0 }) else {
        throw ModelInferenceError(
          file: file, problem: "'\(key)' is \(found), which no SiT has")
      }
      return found
    }
    let positions = try sizes("pos_embed", 3)
    let patches = try sizes("x_embedder.proj.weight", 4)
    let hidden = try sizes("blocks.0.mlp.fc1.weight", 2)
    let table = try sizes("y_embedder.embedding_table.weight", 2)
    let last = try sizes("final_layer.linear.weight", 2)
    let (width, channels, patch) = (patches[0], patches[1], patches[2])
    let grid = Int(Double(positions[1]).squareRoot().rounded())
    let outChannels = last[0] / (patch * patch)
    guard grid * grid == positions[1] else {
      throw ModelInferenceError(file: file, problem: "\(positions[1]) positions are no square grid")
    }
    guard outChannels == channels || outChannels == 2 * channels else {
      throw ModelInferenceError(
        file: file, problem: "the last layer has \(last[0]) outputs for \(channels) channels")
    }
    let published = SiTSize.allCases.first { $0.width == width }?.heads
    guard let heads = heads ?? published else {
      throw ModelInferenceError(
        file: file,
        problem: "a width of \(width) is not a published size; give the number of heads (--heads)")
    }
    self.init(
      inputSize: grid * patch, patchSize: patch, inChannels: channels, width: width,
      depth: (0...).prefix { shape("blocks.\($0).attn.qkv.weight") != nil }.count, heads: heads,
      mlpRatio: hidden[0] / width, classCount: table[0] - 1, learnSigma: outChannels != channels)
  }
}

/// A file whose shapes are not those of a known model.
public struct ModelInferenceError: Error, Equatable, CustomStringConvertible {
  /// The file's name.
  public let file: String
  /// What does not fit.
  public let problem: String

  /// The file and the problem.
  public var description: String { "\(file): \(problem)" }
}
