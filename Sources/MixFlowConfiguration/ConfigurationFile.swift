import MixFlowModels
import MixFlowTraining
import Yams

/// Reads and writes run configurations as YAML.
public enum ConfigurationFile {
  /// A configuration and what its reader may not expect.
  public struct Reading: Equatable, Sendable {
    /// The configuration.
    public let configuration: RunConfiguration
    /// Sentences about what a file of RAE says and this library reads otherwise or not at all.
    public let notes: [String]

    /// Creates a reading.
    public init(configuration: RunConfiguration, notes: [String]) {
      self.configuration = configuration
      self.notes = notes
    }
  }

  /// Reads a configuration: the defaults, overlaid by a file, overlaid by single settings.
  ///
  /// Scalars are read by YAML 1.2's core schema: `true` and `false` alone are booleans, and `1e-4`
  /// is a number. A file of RAE's own layout, with `stage_1` and `stage_2`, is translated.
  ///
  /// - Parameters:
  ///   - path: A YAML file.
  ///   - settings: Settings such as `training.seed=3`, whose values are YAML; later ones win.
  /// - Returns: The configuration; whether its values make sense is for the run to say.
  /// - Throws: ``ConfigurationFileError``.
  public static func load(path: String, settings: [String] = []) throws -> RunConfiguration {
    try read(path: path, settings: settings).configuration
  }

  /// Reads a configuration as ``load(path:settings:)`` does, with notes.
  public static func read(path: String, settings: [String] = []) throws -> Reading {
    let reader = YAMLReader(source: path)
    return try read(text: reader.contents(), source: path, settings: settings)
  }

  /// Reads a configuration from the text of a file.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - source: The file's name, for errors.
  ///   - settings: Settings such as `training.seed=3`.
  /// - Returns: The configuration.
  /// - Throws: ``ConfigurationFileError``.
  public static func load(
    text: String, source: String, settings: [String] = []
  ) throws -> RunConfiguration {
    try read(text: text, source: source, settings: settings).configuration
  }

  /// Reads a configuration from the text of a file as ``load(text:source:settings:)`` does, with
  /// notes.
  public static func read(text: String, source: String, settings: [String] = []) throws -> Reading {
    let document = try YAMLReader(source: source).parse(text)
    if let document, RAETranslator.matches(document) {
      return try read(rae: document, source: source, settings: settings)
    }
    var overlay = SettingOverlay(
      defaults: try SettingTree(encoding: RunConfiguration(modelKind(in: document, settings))))
    if let document, !document.isNull {
      try overlay.apply(document, source: .file(source))
    }
    return Reading(
      configuration: try decode(&overlay, settings: settings, source: source), notes: [])
  }

  /// The network whose defaults hold: what `model.type` says in the settings or in the file.
  private static func modelKind(in document: Node?, _ settings: [String]) -> ModelKind {
    let name = value(of: "model.type", in: settings) ?? document?["model"]?["type"]?.string
    // A name that is none is refused when the configuration is resolved.
    return ModelKind.allCases.first { $0.rawValue.lowercased() == name?.lowercased() } ?? .sit
  }

  /// The text that the last setting of a key gives it.
  static func value(of key: String, in settings: [String]) -> String? {
    settings.last { $0.hasPrefix("\(key)=") }.map { String($0.dropFirst(key.count + 1)) }
  }

  /// Changes single settings of a configuration.
  ///
  /// - Parameters:
  ///   - configuration: The configuration.
  ///   - settings: Settings such as `training.seed=3`.
  /// - Returns: The configuration with these settings.
  /// - Throws: ``ConfigurationFileError``.
  public static func change(
    _ configuration: RunConfiguration, settings: [String]
  ) throws -> RunConfiguration {
    var overlay = SettingOverlay(defaults: try SettingTree(encoding: configuration))
    return try decode(&overlay, settings: settings, source: SettingSource.option.name)
  }

  static func decode(
    _ overlay: inout SettingOverlay, settings: [String], source: String
  ) throws -> RunConfiguration {
    for setting in settings { try apply(setting, to: &overlay) }
    do {
      return try overlay.tree.decode(RunConfiguration.self)
    } catch let error as SettingMismatch {
      throw describe(error, in: overlay, file: source)
    } catch let error as DecodingError {
      let origin = overlay.origin(of: error.path)
      throw ConfigurationFileError(
        source: origin?.source ?? source, line: origin?.line, key: error.path,
        problem: error.reason)
    }
  }

  /// Writes a configuration with all its keys, in the order of their declaration.
  ///
  /// - Parameter configuration: The configuration.
  /// - Returns: YAML that reads back as the same configuration.
  /// - Throws: Nothing that a user can cause.
  public static func yaml(_ configuration: RunConfiguration) throws -> String {
    try SettingTree(encoding: configuration).yaml()
  }

  private static func apply(_ setting: String, to overlay: inout SettingOverlay) throws {
    let source = SettingSource.option
    guard let equals = setting.firstIndex(of: "=") else {
      throw ConfigurationFileError(
        source: source.name, key: setting, problem: "expected key=value, such as training.seed=3")
    }
    let value = try YAMLReader(source: "\(source.name) '\(setting)'", hasLines: false)
      .parse(String(setting[setting.index(after: equals)...]))
    try overlay.apply(value ?? Node("null"), at: String(setting[..<equals]), source: source)
  }

  static func describe(
    _ error: SettingMismatch, in overlay: SettingOverlay, file: String
  ) -> ConfigurationFileError {
    let origin = overlay.origin(of: error.path)
    let found = origin.map { ", found \($0.text)" } ?? ""
    return ConfigurationFileError(
      source: origin?.source ?? file, line: origin?.line, key: error.path,
      problem: "expected \(error.wanted)\(found)")
  }
}
