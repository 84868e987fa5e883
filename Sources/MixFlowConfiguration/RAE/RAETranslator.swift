import MixFlowModels
import Yams

/// Reads a stage-2 file of RAE (bytetriper/RAE, `configs/stage2`) as settings of this library.
///
/// Times in such a file have the data at 0 and the noise at 1; they are turned round here. Sections of
/// this library's own, ``ownSections``, may stand beside RAE's.
struct RAETranslator {
  /// The sections of this library that a file of RAE may have as well.
  static let ownSections = ["data", "mixflow"]

  let root: RAESection
  /// The settings, by their paths in this library's configuration.
  private(set) var settings: [(path: String, value: SettingTree)] = []
  /// What the reader of the file may not expect.
  private(set) var notes: [String] = []
  /// Keys of upstream's that have no effect here.
  private(set) var unused: [String] = []

  /// Whether a document has RAE's layout: none of its sections is one of this library's alone.
  static func matches(_ document: Node) -> Bool {
    document["stage_2"] != nil || document["stage_1"] != nil
  }

  /// The network that a file of RAE asks for, where it is one that is known.
  static func kind(of document: Node) -> ModelKind? {
    document["stage_2"]?["target"]?.string.flatMap { targets[$0] }
  }

  private static let targets: [String: ModelKind] = [
    "stage2.models.DDT.DiTwDDTHead": .ditDH,
    "stage2.models.lightningDiT.LightningDiT": .lightningDiT,
  ]

  /// Translates a document without references.
  ///
  /// - Parameters:
  ///   - document: The document.
  ///   - source: The file's name, for errors.
  ///   - images: The images of an epoch.
  /// - Throws: ``ConfigurationFileError`` for a key that upstream does not have, a value that is none,
  ///   and what upstream itself cannot run.
  init(_ document: Node, source: String, images: EpochImages) throws {
    root = try RAESection(document, path: "", source: source)
    _ = try root.check(
      used: ["stage_1", "stage_2", "transport", "sampler", "guidance", "misc", "training", "eval"]
        + Self.ownSections)
    guard root["stage_2"] != nil else {
      throw root.error(
        "stage_2",
        "is missing: the file has an autoencoder alone, and no network to train or sample")
    }
    let network = try root.section("stage_2")
    try ignore(network.check(used: ["target", "params", "ckpt"]))
    let kind = try Self.kind(of: network)
    try translateModel(network.section("params"), of: kind)
    set("model.ckpt", try network.text("ckpt"))
    try translateTransport(try root.section("transport"))
    try translateSampler(try root.section("sampler"))
    try translateGuidance(try root.section("guidance"), isGuideOf: kind)
    try translateTraining(try root.section("training"), images: images)
    try translateAutoencoder(try root.section("stage_1"))
    try ignore(
      root.section("eval").check(
        used: [],
        unused: [
          "eval_interval", "eval_model", "data_path", "reference_npz_path", "metrics",
          "num_samples", "batch_size",
        ]))
    if !unused.isEmpty { note("not used here: \(unused.joined(separator: ", "))") }
  }

  /// Translates the autoencoder of a document without references, whatever network it has.
  ///
  /// - Parameters:
  ///   - document: The document.
  ///   - source: The file's name, for errors.
  /// - Throws: ``ConfigurationFileError`` for a key of `stage_1` that upstream does not have, and a
  ///   value that is none.
  init(autoencoderOf document: Node, source: String) throws {
    root = try RAESection(document, path: "", source: source)
    try translateAutoencoder(try root.section("stage_1"))
  }

  /// The network that `target` of a section names.
  static func kind(of section: RAESection) throws -> ModelKind {
    let known = targets.keys.sorted().joined(separator: ", ")
    guard let target = try section.text("target") else {
      throw section.error("target", "is missing; known: \(known)")
    }
    guard let kind = targets[target] else {
      throw section.error("target", "unknown '\(target)'; known: \(known)")
    }
    return kind
  }

  mutating func set(_ path: String, _ value: Double?) { set(path, value.map { .number($0) }) }
  mutating func set(_ path: String, _ value: Int?) { set(path, value.map { .whole($0) }) }
  mutating func set(_ path: String, _ value: Bool?) { set(path, value.map { .bool($0) }) }
  mutating func set(_ path: String, _ value: String?) { set(path, value.map { .text($0) }) }

  /// Sets a list of numbers.
  mutating func set(_ path: String, _ values: [Double]?) {
    guard let values else { return }
    settings.append((path, .list(values.map { .value(.number($0)) })))
  }

  /// Sets a list of texts.
  mutating func set(_ path: String, _ values: [String]) {
    settings.append((path, .list(values.map { .value(.text($0)) })))
  }

  /// Sets one size, or one for each stage.
  mutating func set(_ path: String, _ sizes: [Int]) {
    settings.append(
      (path, sizes.count == 1 ? .value(.whole(sizes[0])) : .list(sizes.map { .value(.whole($0)) })))
  }

  /// Clears a setting.
  mutating func clear(_ path: String) { settings.append((path, .value(.null))) }

  mutating func note(_ text: String) { notes.append(text) }

  mutating func ignore(_ paths: [String]) { unused += paths }

  private mutating func set(_ path: String, _ value: SettingValue?) {
    guard let value else { return }
    settings.append((path, .value(value)))
  }
}

/// How many images an epoch has, which no file of RAE says.
struct EpochImages {
  /// The images of ImageNet-1k's training set.
  static let imageNet = 1_281_167

  let count: Int
  /// Whether the user said so.
  let isGiven: Bool
}
