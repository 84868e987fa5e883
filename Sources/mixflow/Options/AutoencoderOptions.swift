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
      "A YAML file with the keys of the section autoencoder of configs/reference.yaml: what the "
        + "files leave open, and the files where '--autoencoder' names none.", valueName: "yaml"))
  var config: String?

  func validate() throws {
    guard !autoencoder.isEmpty || config != nil else {
      throw ValidationError("'--autoencoder' is missing; name a safetensors or PyTorch file.")
    }
  }

  /// The settings, with the files to read.
  func settings() throws -> AutoencoderSettings {
    let defaults = AutoencoderSettings()
    var settings =
      try config.map { try ConfigurationFile.load(path: $0, over: defaults) } ?? defaults
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
