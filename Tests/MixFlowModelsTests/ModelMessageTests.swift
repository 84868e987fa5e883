import Foundation
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// What is said of sizes and files that are none of a model; `Tests/Messages` has the words.
@Suite struct ModelMessageTests {
  typealias Case = (String, () throws -> Void)

  private func sit(_ change: (inout SiTConfiguration) -> Void) throws {
    var sizes = SiTConfiguration(inputSize: 4, patchSize: 2, width: 8, depth: 2, heads: 2)
    change(&sizes)
    try sizes.validate()
  }

  private func lightning(_ change: (inout LightningDiTConfiguration) -> Void) throws {
    var sizes = LightningDiTConfiguration()
    change(&sizes)
    try sizes.validate()
  }

  private func ditDH(_ change: (inout DiTDHConfiguration) -> Void) throws {
    var sizes = DiTDHConfiguration()
    change(&sizes)
    try sizes.validate()
  }

  private func repa(_ change: (inout REPASiTConfiguration) -> Void) throws {
    var sizes = try REPASiTConfiguration(named: "SiT-XL/2")
    change(&sizes)
    try sizes.validate()
  }

  @Test func sizes() throws {
    let cases: [Case] = [
      ("SiT: depth", { try sit { $0.depth = 0 } }),
      ("SiT: patch_size", { try sit { $0.patchSize = 3 } }),
      ("SiT: num_heads", { try sit { $0.heads = 3 } }),
      ("SiT: hidden_size", { try sit { $0.width = 6 } }),
      ("SiT: name", { _ = try SiTConfiguration(named: "SiT-Z/2") }),
      ("LightningDiT: patch_size", { try lightning { $0.patchSize = 3 } }),
      ("LightningDiT: num_heads", { try lightning { $0.heads = 1152 } }),
      ("LightningDiT: class_dropout_prob", { try lightning { $0.classDropoutProbability = 2 } }),
      ("LightningDiT: wo_shift", { try lightning { $0.withoutShift = true } }),
      ("LightningDiT: name", { _ = try LightningDiTConfiguration(named: "LightningDiT-Z/1") }),
      ("DiT-DH: patch_size", { try ditDH { $0.patchSize = 2 } }),
      ("DiT-DH: use_rope", { try ditDH { $0.usesRoPE = false } }),
      ("DiT-DH: name", { _ = try DiTDHConfiguration(named: "DiTDH-Z", inputSize: 16) }),
      (
        "DiT-DH: a list of one",
        {
          do {
            _ = try JSONDecoder().decode(
              DiTDHConfiguration.self, from: Data(#"{"depth": [1]}"#.utf8))
          } catch DecodingError.dataCorrupted(let context) {
            throw ModelInferenceError(file: "depth", problem: context.debugDescription)
          }
        }
      ),
      ("REPA: learn_sigma", { try repa { $0.transformer.learnSigma = true } }),
      ("REPA: decoder_hidden_size", { try repa { $0.decoderWidth = 8 } }),
      ("REPA: encoder_depth", { try repa { $0.encoderDepth = 29 } }),
      ("REPA: z_dims", { try repa { $0.featureWidths = [0] } }),
      ("REPA: projector_dim", { try repa { $0.projectorWidth = 0 } }),
      ("DINOv2: hidden_size", { try DINOv2Configuration(width: 0).validate() }),
      ("DINOv2: num_register_tokens", { try DINOv2Configuration(registers: -1).validate() }),
      ("DINOv2: patch_size", { try DINOv2Configuration(patchSize: 13).validate() }),
      ("DINOv2: num_attention_heads", { try DINOv2Configuration(heads: 7).validate() }),
      (
        "SD-VAE: block_out_channels",
        { try AutoencoderKLConfiguration(blockWidths: []).validate() }
      ),
      ("SD-VAE: in_channels", { try AutoencoderKLConfiguration(imageChannels: 0).validate() }),
      ("SD-VAE: norm_num_groups", { try AutoencoderKLConfiguration(groups: 7).validate() }),
      ("SD-VAE: scaling_factor", { try AutoencoderKLConfiguration(scale: 0).validate() }),
      (
        "RAE: decoder_hidden_size",
        { try ViTDecoderConfiguration(width: 0, depth: 1, heads: 1, hidden: 4).validate() }
      ),
      (
        "RAE: decoder_num_attention_heads",
        { try ViTDecoderConfiguration(width: 8, depth: 1, heads: 3, hidden: 4).validate() }
      ),
      (
        "RAE: a decoder's positions",
        { try ViTDecoderConfiguration(width: 6, depth: 1, heads: 3, hidden: 4).validate() }
      ),
      ("RAE: no statistics", { _ = try LatentStatistics(mean: nil, variance: nil) }),
      (
        "RAE: statistics of two sizes",
        {
          _ = try LatentStatistics(
            mean: Tensor(zeros: [2, 1, 1]), variance: Tensor(zeros: [2, 2, 2]))
        }
      ),
    ]
    try expect(cases, in: "model-sizes")
  }

  /// A file of a model with the shapes of some tensors changed; those that are empty are not there.
  private static func shapes(
    _ name: String, _ changes: [String: [Int]]
  ) throws -> (String) -> [Int]? {
    let file = try Fixtures.file(name)
    return { key in
      if let change = changes[key] { return change.isEmpty ? nil : change }
      return (try? file.info(for: key))?.shape
    }
  }

  @Test func files() throws {
    func sit(_ changes: [String: [Int]], heads: Int? = 2) throws {
      _ = try SiTConfiguration(
        inferredFrom: try Self.shapes("models/sit_ls/weights", changes), heads: heads,
        file: "m.pt")
    }
    func lightning(_ changes: [String: [Int]]) throws {
      let name = try Fixtures.folders(matching: "models/ldit_")[0]
      _ = try LightningDiTConfiguration(
        inferredFrom: try Self.shapes("\(name)/weights", changes), heads: nil, file: "m.pt")
    }
    func ditDH(_ changes: [String: [Int]]) throws {
      _ = try DiTDHConfiguration(
        inferredFrom: try Self.shapes("models/ddt_default/weights", changes), file: "m.pt")
    }
    func repa(_ changes: [String: [Int]]) throws {
      let name = try Fixtures.folders(matching: "models/repa_")[0]
      _ = try REPASiTConfiguration(
        inferredFrom: try Self.shapes("\(name)/weights", changes), file: "m.pt")
    }
    func vae(_ shapes: [String: [Int]]) throws {
      _ = try AutoencoderKLConfiguration(inferredFrom: { shapes[$0] }, file: "vae.pt")
    }
    func dino(_ changes: [String: [Int]]) throws {
      var shapes: [String: [Int]] = [
        "embeddings.patch_embeddings.projection.weight": [384, 3, 14, 14],
        "embeddings.position_embeddings": [1, 17, 384],
        "encoder.layer.0.mlp.fc1.weight": [1536, 384],
      ]
      shapes.merge(changes) { $1 }
      _ = try DINOv2Configuration(
        inferredFrom: { shapes[$0]?.isEmpty ?? true ? nil : shapes[$0] }, file: "dino.pt")
    }
    func decoder(_ changes: [String: [Int]]) throws {
      var shapes: [String: [Int]] = [
        "decoder_embed.weight": [768, 384], "decoder_pos_embed": [1, 5, 768],
        "decoder_pred.weight": [12, 768],
        "decoder_layers.0.intermediate.dense.weight": [3072, 768],
      ]
      shapes.merge(changes) { $1 }
      _ = try ViTDecoderConfiguration(
        inferredFrom: { shapes[$0]?.isEmpty ?? true ? nil : shapes[$0] }, file: "decoder.pt")
    }
    let cases: [Case] = [
      ("SiT: a tensor is missing", { try sit(["pos_embed": []]) }),
      ("SiT: another rank", { try sit(["pos_embed": [16]]) }),
      ("SiT: no square", { try sit(["pos_embed": [1, 15, 32]]) }),
      ("SiT: the last layer", { try sit(["final_layer.linear.weight": [3, 32]]) }),
      ("SiT: heads", { try sit([:], heads: nil) }),
      ("LightningDiT: the last layer", { try lightning(["final_layer.linear.weight": [3, 32]]) }),
      (
        "LightningDiT: heads",
        {
          try lightning([
            "feat_rope.freqs_cos": [], "blocks.0.attn.q_norm.weight": [],
          ])
        }
      ),
      ("LightningDiT: feed-forward", { try lightning(["blocks.0.mlp.w3.weight": [32, 33]]) }),
      ("DiT-DH: blocks", { try ditDH(["blocks.0.attn.qkv.weight": [96, 5]]) }),
      ("REPA: a tensor is missing", { try repa(["x_embedder.proj.weight": []]) }),
      ("SD-VAE: a tensor is missing", { try vae([:]) }),
      ("SD-VAE: another rank", { try vae(["encoder.conv_in.weight": [3]]) }),
      (
        "SD-VAE: no blocks",
        {
          try vae([
            "encoder.conv_in.weight": [8, 3, 3, 3], "post_quant_conv.weight": [4, 4, 1, 1],
          ])
        }
      ),
      (
        "DINOv2: a tensor is missing",
        { try dino(["embeddings.position_embeddings": []]) }
      ),
      ("DINOv2: another rank", { try dino(["embeddings.position_embeddings": [1]]) }),
      ("DINOv2: no square", { try dino(["embeddings.position_embeddings": [1, 16, 384]]) }),
      ("DINOv2: gated", { try dino(["encoder.layer.0.mlp.w12.weight": [1, 1]]) }),
      (
        "DINOv2: heads",
        { try dino(["embeddings.patch_embeddings.projection.weight": [100, 3, 14, 14]]) }
      ),
      ("RAE: a tensor is missing", { try decoder(["decoder_pos_embed": []]) }),
      ("RAE: heads", { try decoder(["decoder_embed.weight": [100, 384]]) }),
      ("RAE: colours", { try decoder(["decoder_pred.weight": [13, 768]]) }),
    ]
    try expect(cases, in: "model-files")
  }

  @Test func autoencoders() throws {
    let encoder = try TinyEncoder().model()
    func decoder(latents: Int = 64, channels: Int = 3) throws -> ViTDecoder {
      try ViTDecoder(
        ViTDecoderConfiguration(
          latentWidth: latents, width: 8, depth: 1, heads: 2, hidden: 8, patchSize: 2, grid: 2,
          imageChannels: channels), from: RandomParameters(seed: 1))
    }
    func statistics(_ side: Int) throws -> LatentStatistics {
      try LatentStatistics(mean: Tensor(zeros: [64, side, side]), variance: nil)
    }
    func rae(
      _ decoder: ViTDecoder, size: Int = 20, statistics: LatentStatistics? = nil
    ) throws -> RAE {
      try RAE(encoder: encoder, decoder: decoder, statistics: statistics, encoderInputSize: size)
    }
    let vae = try AutoencoderKL(
      AutoencoderKLConfiguration(blockWidths: [8, 8], layersPerBlock: 1, groups: 4),
      from: RandomParameters(seed: 1))
    let cases: [Case] = [
      ("RAE: widths", { _ = try rae(decoder(latents: 8)) }),
      ("RAE: colours", { _ = try rae(decoder(channels: 1)) }),
      ("RAE: encoder_input_size", { _ = try rae(decoder(), size: 21) }),
      ("RAE: statistics", { _ = try rae(decoder(), statistics: statistics(4)) }),
      ("RAE: a latent", { _ = try rae(decoder()).pictureShape(ofLatent: [64, 5, 4]) }),
      (
        "RAE: a latent with statistics",
        {
          _ = try rae(decoder(), statistics: statistics(5)).pictureShape(ofLatent: [64, 4, 4])
        }
      ),
      ("SD-VAE: a picture", { _ = try vae.latentShape(height: 3, width: 4) }),
      ("SD-VAE: a latent", { _ = try vae.pictureShape(ofLatent: [3, 4, 4]) }),
      ("a fixed size", { throw AutoencoderError.fixedSize([10, 8], expected: [16, 16]) }),
    ]
    try expect(cases, in: "autoencoders")
  }

  private func expect(_ cases: [Case], in table: String) throws {
    try MessageTable(table).expect(cases.map { ($0.0, message($0.1) ?? "is taken") })
  }
}
