import MixFlowTraining
import Yams

extension ConfigurationFile {
  /// Reads what a file says of the autoencoder: a run's configuration, a file of RAE, with a network or
  /// without, or the keys of the section `autoencoder` alone.
  ///
  /// - Parameter path: A YAML file.
  /// - Returns: The settings; the defaults where the file says nothing of an autoencoder.
  /// - Throws: ``ConfigurationFileError``.
  public static func autoencoder(path: String) throws -> AutoencoderSettings {
    let reader = YAMLReader(source: path)
    let text = try reader.contents()
    guard let document = try reader.parse(text), let mapping = document.mapping else {
      return try load(path: path, over: AutoencoderSettings())
    }
    let defaults = try SettingTree(encoding: RunConfiguration())
    if RAETranslator.matches(document) {
      let translation = try RAETranslator(
        autoencoderOf: try Interpolation.resolve(document, source: path), source: path)
      var overlay = SettingOverlay(defaults: defaults)
      for setting in translation.settings { overlay.set(setting.value, at: setting.path) }
      return try decode(&overlay, settings: [], source: path).autoencoder
    }
    guard case .section(let sections) = defaults,
      mapping.contains(where: { pair in sections.contains { $0.key == pair.key.scalar?.string } })
    else { return try load(path: path, over: AutoencoderSettings()) }
    return try load(text: text, source: path).autoencoder
  }
}
