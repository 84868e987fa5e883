import MixFlowModels
import MixFlowTraining
import Yams

extension ConfigurationFile {
  /// Reads a file of RAE's layout.
  ///
  /// - Parameters:
  ///   - document: The file.
  ///   - source: Its name, for errors.
  ///   - settings: Settings of this library, which win.
  /// - Returns: The configuration, with what its reader may not expect.
  /// - Throws: ``ConfigurationFileError``.
  static func read(rae document: Node, source: String, settings: [String]) throws -> Reading {
    let document = try Interpolation.resolve(document, source: source)
    let kind = RAETranslator.kind(of: document) ?? .ditDH
    var overlay = SettingOverlay(defaults: try SettingTree(encoding: RunConfiguration(kind)))
    let translation = try RAETranslator(
      document, source: source, images: try images(document, source: source, settings: settings))
    for setting in translation.settings { overlay.set(setting.value, at: setting.path) }
    let own = document.mapping?.filter { pair in
      RAETranslator.ownSections.contains(pair.key.scalar?.string ?? "")
    }
    try overlay.apply(
      .mapping(Node.Mapping(own?.map { ($0.key, $0.value) } ?? [])), source: .file(source))
    let configuration = try decode(&overlay, settings: settings, source: source)
    try check(configuration.model) { error in
      // What an option has set is none of the file's.
      overlay.origin(of: error.key) == nil ? translation.locate(error) : nil
    }
    return Reading(configuration: configuration, notes: translation.notes)
  }

  /// Refuses sizes that do not make a network, at the line that has them.
  ///
  /// - Parameters:
  ///   - model: The sizes.
  ///   - locate: Finds the place in the file of a setting that cannot be used, or nil.
  /// - Throws: ``ConfigurationFileError``, or `ConfigurationError` where no line of the file is to blame.
  private static func check(
    _ model: ModelSection, locate: (ConfigurationError) -> ConfigurationFileError?
  ) throws {
    do {
      _ = try model.resolved()
    } catch let error as ConfigurationError {
      throw locate(error) ?? error
    }
  }

  /// The images of an epoch: `data.images` of the settings or of the file, else ImageNet's.
  private static func images(
    _ document: Node, source: String, settings: [String]
  ) throws -> EpochImages {
    let setting = try value(of: "data.images", in: settings).flatMap {
      try YAMLReader(source: SettingSource.option.name, hasLines: false).parse("images: \($0)")
    }
    let section = try RAESection(setting ?? document["data"], path: "data", source: source)
    guard let count = try section.whole("images") else {
      return EpochImages(count: EpochImages.imageNet, isGiven: false)
    }
    guard count > 0 else { throw section.error("images", "\(count) is not above 0") }
    return EpochImages(count: count, isGiven: true)
  }
}
