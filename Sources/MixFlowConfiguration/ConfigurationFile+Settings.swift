extension ConfigurationFile {
  /// Reads settings of another kind than a run's: defaults, overlaid by a file.
  ///
  /// - Parameters:
  ///   - path: A YAML file; keys that the defaults lack are refused.
  ///   - defaults: The settings where the file says nothing.
  /// - Returns: The settings.
  /// - Throws: ``ConfigurationFileError``.
  public static func load<Settings: Codable>(
    path: String, over defaults: Settings
  ) throws -> Settings {
    let reader = YAMLReader(source: path)
    var overlay = SettingOverlay(defaults: try SettingTree(encoding: defaults))
    if let document = try reader.parse(reader.contents()), !document.isNull {
      try overlay.apply(document, source: .file(path))
    }
    do {
      return try overlay.tree.decode(Settings.self)
    } catch let error as SettingMismatch {
      throw describe(error, in: overlay, file: path)
    }
  }
}
