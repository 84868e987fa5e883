import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import Testing

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

/// Compares the gradients in a file with those of a model without rotary positions, by the length of
/// the error: at most a thousandth of the gradient's own.
///
/// A bias of all keys adds the same to all scores of a query, and softmax does not see it. That
/// gradient is zero but for rounding, in the file too, so it is measured by that of the queries' bias.
package func expectGradients(
  of model: some ClassConditionalModel, _ expected: SafeTensorsFile, _ label: String
) throws {
  let parameters = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0) })
  #expect(!expected.names.isEmpty)
  for name in expected.names {
    let gradient = try #require(parameters[name]?.gradient, "\(name)")
    if name.hasSuffix("k_norm.bias") {
      let queries = try expected.tensor(name.replacing("k_norm", with: "q_norm"))
      let size = gradient.squaredNorm().squareRoot() / queries.squaredNorm().squareRoot()
      expectClose(size, 0, absolute: 1e-3, "\(label) gradient \(name)")
    } else {
      expectClose(
        relativeL2(gradient, try expected.tensor(name)), 0, absolute: 1e-3,
        "\(label) gradient \(name)")
    }
  }
}
