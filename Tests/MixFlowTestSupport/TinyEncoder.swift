import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor

/// A small DINOv2 of random weights in the keys of both generations of published files.
package struct TinyEncoder {
  /// The sizes: patches of 4 pixels, a position table of 5x5.
  package let configuration: DINOv2Configuration
  /// The weights in transformers' keys.
  package let tensors: [(name: String, value: Tensor)]

  /// Draws an encoder.
  package init(registers: Int = 0, seed: UInt64 = 3) throws {
    configuration = DINOv2Configuration(
      width: 64, depth: 2, heads: 1, mlpRatio: 2, imageSize: 20, patchSize: 4,
      registers: registers)
    let model = try DINOv2(configuration, from: Noise(seed: seed))
    tensors = model.parameters.map { ($0.name, $0.value) }
  }

  /// Wraps the weights of a file in transformers' keys.
  package init(_ file: SafeTensorsFile) throws {
    configuration = try file.metadata("config", as: DINOv2Configuration.self)
    tensors = try file.names.map { ($0, try file.tensor($0)) }
  }

  /// The model.
  package func model() throws -> DINOv2 {
    try DINOv2(
      configuration,
      from: StateDictParameters(
        StateDict(tensors.map { (key: $0.name, value: $0.value) }, file: "")))
  }

  /// The weights in the keys of the official repository, written down here once more.
  package var hubTensors: [(name: String, value: Tensor)] {
    get throws {
      let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.value) })
      func stored(_ key: String) throws -> Tensor {
        guard let value = values[key] else { throw Missing(key: key) }
        return value
      }
      var result = [
        ("cls_token", try stored("embeddings.cls_token")),
        ("pos_embed", try stored("embeddings.position_embeddings")),
        ("mask_token", try stored("embeddings.mask_token")),
      ]
      if let registers = values["embeddings.register_tokens"] {
        result.append(("register_tokens", registers))
      }
      for part in ["weight", "bias"] {
        result.append(
          (
            "patch_embed.proj.\(part)",
            try stored("embeddings.patch_embeddings.projection.\(part)")
          ))
      }
      for index in 0..<configuration.depth {
        let (theirs, mine) = ("blocks.\(index).", "encoder.layer.\(index).")
        for part in ["weight", "bias"] {
          let projections = try ["query", "key", "value"].map {
            try stored("\(mine)attention.attention.\($0).\(part)")
          }
          result.append(("\(theirs)attn.qkv.\(part)", .concatenation(projections)))
          result.append(
            ("\(theirs)attn.proj.\(part)", try stored("\(mine)attention.output.dense.\(part)")))
          for layer in ["norm1", "norm2", "mlp.fc1", "mlp.fc2"] {
            result.append(("\(theirs)\(layer).\(part)", try stored("\(mine)\(layer).\(part)")))
          }
        }
        for number in 1...2 {
          result.append(
            ("\(theirs)ls\(number).gamma", try stored("\(mine)layer_scale\(number).lambda1")))
        }
      }
      for part in ["weight", "bias"] where values["layernorm.\(part)"] != nil {
        result.append(("norm.\(part)", try stored("layernorm.\(part)")))
      }
      return result.map { (name: $0.0, value: $0.1) }
    }
  }

  private struct Missing: Error {
    let key: String
  }

  /// Values of which none is as a fresh model has it.
  private final class Noise: ParameterSource {
    private let fresh: RandomParameters
    private var generator: Philox

    init(seed: UInt64) {
      fresh = RandomParameters(seed: seed)
      generator = Philox(seed: seed, stream: 1)
    }

    func value(for key: String, shape: [Int], initializer: Initializer) -> Tensor {
      fresh.value(for: key, shape: shape, initializer: initializer)
        + 0.2 * Tensor(normal: shape, using: &generator)
    }
  }
}
