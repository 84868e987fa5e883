import MixFlowCheckpoint
import MixFlowModels

/// What the training programs of SiT, DiT and REPA were called with, as far as a configuration says
/// it, by their own names.
struct TorchArguments {
  private let configuration: RunConfiguration
  private let sizes: ModelConfiguration

  /// Takes the arguments from a run.
  init(_ configuration: RunConfiguration, _ sizes: ModelConfiguration) {
    self.configuration = configuration
    self.sizes = sizes
  }

  /// The names and values; none for the networks of RAE, whose programs take files.
  var entries: [(key: String, value: TorchItem)] {
    let (training, transport) = (configuration.training, configuration.transport)
    switch sizes {
    case .sit(let sizes):
      return named(sizes, "SiT") + [
        ("image_size", .int(pictureSide(sizes))), ("num_classes", .int(sizes.classCount)),
        ("global_batch_size", .int(training.batchSize)), ("global_seed", .int(training.seed)),
        ("path_type", .string(transport.pathType)), ("prediction", .string(transport.prediction)),
        ("loss_weight", transport.lossWeight == "none" ? .none : .string(transport.lossWeight)),
        ("sample_eps", transport.sampleEps.map(TorchItem.float) ?? .none),
        ("train_eps", transport.trainEps.map(TorchItem.float) ?? .none),
      ]
    case .dit(let sizes):
      return named(sizes, "DiT") + [
        ("image_size", .int(pictureSide(sizes))), ("num_classes", .int(sizes.classCount)),
        ("global_batch_size", .int(training.batchSize)), ("global_seed", .int(training.seed)),
      ]
    case .repa(let sizes):
      return named(sizes.transformer, "SiT") + [
        ("resolution", .int(pictureSide(sizes.transformer))),
        ("num_classes", .int(sizes.transformer.classCount)),
        ("encoder_depth", .int(sizes.encoderDepth)), ("qk_norm", .bool(sizes.qkNorm)),
        ("batch_size", .int(training.batchSize)), ("seed", .int(training.seed)),
        ("learning_rate", .float(training.learningRate)),
        ("path_type", .string(transport.pathType.lowercased())),
        ("proj_coeff", .float(training.projCoeff)),
      ]
    case .lightningDiT, .ditDH: return []
    }
  }

  /// The side of a picture: latents of Stable Diffusion's autoencoder are an eighth of it.
  private func pictureSide(_ sizes: SiTConfiguration) -> Int {
    [1, 3].contains(sizes.inChannels) ? sizes.inputSize : 8 * sizes.inputSize
  }

  /// `model`, where the sizes are published ones.
  private func named(
    _ sizes: SiTConfiguration, _ family: String
  ) -> [(key: String, value: TorchItem)] {
    let size = SiTSize.allCases.first {
      [$0.width, $0.depth, $0.heads] == [sizes.width, sizes.depth, sizes.heads]
    }
    guard let size, [2, 4, 8].contains(sizes.patchSize) else { return [] }
    return [("model", .string("\(family)-\(size.rawValue)/\(sizes.patchSize)"))]
  }
}
