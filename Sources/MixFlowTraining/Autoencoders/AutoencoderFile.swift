import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// One open file of an autoencoder.
final class AutoencoderFile {
  let path: String
  let reader: StateDictReader
  /// The options of upstream's constructor, where the file's metadata hold them.
  let recorded: Recorded?

  /// What shapes do not tell.
  struct Recorded: Decodable {
    let groups: Int?
    let encoderHeads: Int?
    let decoderHeads: Int?

    enum CodingKeys: String, CodingKey {
      case groups = "norm_num_groups"
      case encoderHeads = "num_attention_heads"
      case decoderHeads = "decoder_num_attention_heads"
    }
  }

  init(_ path: String) throws {
    let file = try CheckpointFormat.open(path)
    self.path = path
    reader = StateDictReader(try StateDict(file).weights(.auto))
    // What else a PyTorch file holds is Python's text, not JSON.
    recorded =
      file is SafeTensorsFile && file.metadata["config"] != nil
      ? try file.metadata("config", as: Recorded.self) : nil
  }

  /// Returns what comes before `key` in the first key that ends with it, if anything a whole
  /// component; nil where no key does.
  func prefix(before key: String) -> String? {
    reader.state.keys.first { $0 == key || $0.hasSuffix("." + key) }
      .map { String($0.dropLast(key.count)) }
  }
}

/// The tensors of one part, under a prefix of a file.
final class AutoencoderPart: ParameterSource {
  let file: AutoencoderFile
  private let prefix: String

  init(_ file: AutoencoderFile, prefix: String) {
    self.file = file
    self.prefix = prefix
  }

  func shape(_ key: String) -> [Int]? { file.reader.state.shape(of: prefix + key) }

  func value(for key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
    try file.reader.tensor(prefix + key, shape: shape)
  }

  /// Returns a tensor of whatever shape, or nil where there is none.
  func whole(_ key: String) throws -> Tensor? {
    guard let shape = shape(key) else { return nil }
    return try file.reader.tensor(prefix + key, shape: shape)
  }
}
