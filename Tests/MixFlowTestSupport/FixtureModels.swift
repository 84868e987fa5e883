import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import Testing

/// The constructor arguments of the official module, as a fixture records them.
package struct SiTFixtureConfiguration: Decodable {
  /// The same as our configuration.
  package let sit: SiTConfiguration

  private enum CodingKeys: String, CodingKey {
    case inputSize = "input_size"
    case patchSize = "patch_size"
    case inChannels = "in_channels"
    case width = "hidden_size"
    case depth
    case heads = "num_heads"
    case classCount = "num_classes"
    case learnSigma = "learn_sigma"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    sit = SiTConfiguration(
      inputSize: try values.decode(Int.self, forKey: .inputSize),
      patchSize: try values.decode(Int.self, forKey: .patchSize),
      inChannels: try values.decode(Int.self, forKey: .inChannels),
      width: try values.decode(Int.self, forKey: .width),
      depth: try values.decode(Int.self, forKey: .depth),
      heads: try values.decode(Int.self, forKey: .heads),
      classCount: try values.decode(Int.self, forKey: .classCount),
      // DiT's files do not say what its published models always do.
      learnSigma: try values.decodeIfPresent(Bool.self, forKey: .learnSigma) ?? true)
  }
}

/// Takes parameters from a file as they are.
package final class FileParameters: ParameterSource {
  private let file: SafeTensorsFile

  package init(_ file: SafeTensorsFile) {
    self.file = file
  }

  package func value(for key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
    let tensor = try file.tensor(key)
    try #require(tensor.shape == shape, "\(key)")
    return tensor
  }
}

extension Fixtures {
  /// Builds the SiT whose weights and constructor arguments a fixture holds.
  package static func sit(_ weights: String) throws -> SiT {
    let file = try file(weights)
    let configuration = try file.metadata("config", as: SiTFixtureConfiguration.self)
    return try SiT(configuration.sit, from: FileParameters(file))
  }

  /// Builds the LightningDiT whose weights and constructor arguments a fixture holds.
  package static func lightningDiT(_ weights: String) throws -> LightningDiT {
    let file = try file(weights)
    var configuration = try file.metadata("config", as: LightningDiTConfiguration.self)
    configuration.trainsPositions = try !file.frozen.contains("pos_embed")
    configuration.trainsFrequencies = try !file.frozen.contains("t_embedder.W")
    return try LightningDiT(configuration, from: FileParameters(file))
  }

  /// Builds the DiT-DH whose weights and constructor arguments a fixture holds.
  package static func ditDH(_ weights: String) throws -> DiTDH {
    let file = try file(weights)
    var configuration = try file.metadata("config", as: DiTDHConfiguration.self)
    configuration.trainsPositions = try !file.frozen.contains("pos_embed")
    configuration.trainsFrequencies = try !file.frozen.contains("t_embedder.W")
    return try DiTDH(configuration, from: FileParameters(file))
  }
}

extension SafeTensorsFile {
  /// The parameters that the official module did not train when a fixture was made; none for models
  /// that no gradient was taken of.
  fileprivate var frozen: [String] {
    get throws {
      metadata["frozen"] == nil ? [] : try metadata("frozen", as: [String].self)
    }
  }
}
