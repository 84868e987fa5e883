import ArgumentParser
import MixFlowConfiguration
import MixFlowTraining

/// The options of commands that use an autoencoder.
struct AutoencoderOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A safetensors file of the autoencoder; once for each file where its parts lie in several.",
      valueName: "file"))
  var autoencoder: [String]

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A YAML file with what the files leave open: norm_num_groups, scaling_factor, shift_factor, "
        + "encoder_num_attention_heads, decoder_num_attention_heads, encoder_input_size.",
      valueName: "yaml"))
  var config: String?

  func validate() throws {
    guard !autoencoder.isEmpty else {
      throw ValidationError("'--autoencoder' is missing; name a safetensors file.")
    }
  }

  func load() throws -> AutoencoderCheckpoint {
    let defaults = AutoencoderSettings()
    let settings = try config.map { try ConfigurationFile.load(path: $0, over: defaults) }
    return try AutoencoderCheckpoint(contentsOf: autoencoder, settings: settings ?? defaults)
  }
}
