import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// The constructor arguments of REPA's official module, as a fixture records them.
package struct REPAFixtureConfiguration: Decodable {
  /// The same as our configuration.
  package let repa: REPASiTConfiguration

  private enum CodingKeys: String, CodingKey {
    case inputSize = "input_size"
    case patchSize = "patch_size"
    case inChannels = "in_channels"
    case width = "hidden_size"
    case decoderWidth = "decoder_hidden_size"
    case encoderDepth = "encoder_depth"
    case depth
    case heads = "num_heads"
    case classCount = "num_classes"
    case featureWidths = "z_dims"
    case projectorWidth = "projector_dim"
    case qkNorm = "qk_norm"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    repa = REPASiTConfiguration(
      SiTConfiguration(
        inputSize: try values.decode(Int.self, forKey: .inputSize),
        patchSize: try values.decode(Int.self, forKey: .patchSize),
        inChannels: try values.decode(Int.self, forKey: .inChannels),
        width: try values.decode(Int.self, forKey: .width),
        depth: try values.decode(Int.self, forKey: .depth),
        heads: try values.decode(Int.self, forKey: .heads),
        classCount: try values.decode(Int.self, forKey: .classCount), learnSigma: false),
      decoderWidth: try values.decode(Int.self, forKey: .decoderWidth),
      encoderDepth: try values.decode(Int.self, forKey: .encoderDepth),
      featureWidths: try values.decode([Int].self, forKey: .featureWidths),
      projectorWidth: try values.decode(Int.self, forKey: .projectorWidth),
      qkNorm: try values.decode(Bool.self, forKey: .qkNorm))
  }
}

extension Fixtures {
  /// Builds REPA's SiT whose weights and constructor arguments a fixture holds.
  package static func repa(_ weights: String) throws -> REPASiT {
    let file = try file(weights)
    let configuration = try file.metadata("config", as: REPAFixtureConfiguration.self)
    return try REPASiT(configuration.repa, from: FileParameters(file))
  }

  /// Builds the DiT whose weights and constructor arguments a fixture holds.
  package static func dit(_ weights: String) throws -> DiT {
    let file = try file(weights)
    let configuration = try file.metadata("config", as: SiTFixtureConfiguration.self)
    return try DiT(configuration.sit, from: FileParameters(file))
  }
}
