import ArgumentParser
import MixFlowConfiguration
import MixFlowTraining

/// The options of commands that use an autoencoder.
struct AutoencoderOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file (safetensors or PyTorch) of the autoencoder; once for each file where its parts lie "
        + "in several.", valueName: "file"))
  var autoencoder: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A YAML file, this program's or RAE's, whose section autoencoder (stage_1) says what the files "
        + "leave open, and names the files where '--autoencoder' does not; or the keys of that "
        + "section alone.", valueName: "yaml"))
  var config: String?

  func validate() throws {
    guard !autoencoder.isEmpty || config != nil else {
      throw ValidationError("'--autoencoder' is missing; name a safetensors or PyTorch file.")
    }
  }

  /// The settings, with the files to read.
  func settings() throws -> AutoencoderSettings {
    var settings = try config.map(ConfigurationFile.autoencoder) ?? AutoencoderSettings()
    if !autoencoder.isEmpty { settings.files = autoencoder }
    return settings
  }

  func load() throws -> AutoencoderCheckpoint {
    guard let checkpoint = try settings().load() else {
      throw ValidationError("'--autoencoder' is missing, and '--config' names no files.")
    }
    return checkpoint
  }
}
