import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTraining

/// What a checkpoint file is and holds.
struct CheckpointReport: Encodable {
  enum Kind: Encodable, Equatable {
    case trainingCheckpoint
    case posthocSnapshot
    case officialCheckpoint
    case convertedCheckpoint
    case weights(ModelKind)
    case firstStage(FirstStage)
    case latents
    case sampledLatents
    case unknown

    var text: String {
      switch self {
      case .trainingCheckpoint: "mixflow training checkpoint"
      case .posthocSnapshot:
        "snapshot of a run's averages (mixflow convert --posthoc-ema)"
      case .officialCheckpoint: "training checkpoint of a PyTorch program"
      case .convertedCheckpoint: "training checkpoint for PyTorch, converted by mixflow"
      case .weights(let model): "\(model.rawValue) weights"
      case .firstStage(let part): part.rawValue
      case .latents: "cached latents of pictures, to train on (mixflow latents)"
      case .sampledLatents:
        "sampled latents, which an autoencoder decodes (mixflow sample --latents)"
      case .unknown: "unknown"
      }
    }

    func encode(to encoder: any Encoder) throws {
      var value = encoder.singleValueContainer()
      try value.encode(text)
    }
  }

  /// The tensors under one prefix, such as `ema.`.
  struct Group: Encodable {
    let name: String
    var tensors = 0
    var types: [String: Int] = [:]
    var statistics = TensorStatistics()
    /// The elements that are no parameters: the tables of rotary embeddings.
    var buffers = 0

    enum CodingKeys: CodingKey {
      case name, tensors, types, statistics
    }
  }

  /// One tensor.
  struct Entry: Encodable {
    let name: String
    let type: String
    let shape: [Int]
    let statistics: TensorStatistics?
  }

  let file: String
  let format: String
  let kind: Kind
  /// Which sets of weights there are, `ema` and `raw`; none for a bare state dict, which is one.
  let weights: [String]
  /// What the training program was called with.
  let arguments: [String: String]
  private(set) var step: Int?
  private(set) var model: ModelConfiguration?
  private(set) var parameters: Int?
  /// The sizes of a first stage, or of a model whose number of heads is not known.
  private(set) var sizes: String?
  /// The values of low-rank adapters beside the model's own.
  private(set) var adapterValues: Int?
  /// What cached latents are.
  private(set) var latents: LatentReport?
  private(set) var groups: [Group] = []
  private(set) var entries: [Entry]?
  /// What the file leaves open.
  private(set) var notes: [String] = []
  /// What makes the file unusable.
  private(set) var problems: [String] = []

  /// Reads a file tensor by tensor, so that memory holds one at a time.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - heads: The number of attention heads, where the file does not tell.
  ///   - listsTensors: Whether to keep a line for each tensor.
  /// - Throws: `CheckpointError` for a file that is malformed.
  init(contentsOf path: String, heads: Int?, listsTensors: Bool) throws {
    let file = try CheckpointFormat.open(path)
    let torch = file as? TorchFile
    self.file = path
    format = torch.map { $0.isLegacy ? "PyTorch, before 1.6" : "PyTorch" } ?? "safetensors"
    typealias Prefix = StateDict.Prefix
    let state = StateDict(file)
    let (hasRaw, hasAverage) = (state.hasPrefix(Prefix.model), state.hasPrefix(Prefix.average))
    weights = (hasAverage ? ["ema"] : []) + (hasRaw ? ["raw"] : [])
    arguments = Dictionary(torch?.arguments.map { ($0.name, $0.value) } ?? []) { first, _ in first }
    step = torch?.step
    let model = try state.weights(hasRaw ? .raw : .auto)
    let network =
      model.shape(of: "x_embedder.proj.weight") == nil
      ? nil : ModelConfiguration.kind(of: { model.shape(of: $0) })
    let isTraining = file.metadata[TrainingCheckpoint.MetadataKey.step] != nil && hasRaw
    kind =
      isTraining
      ? .trainingCheckpoint
      : hasRaw && torch != nil
        ? (file.metadata[TrainingCheckpoint.MetadataKey.configuration] == nil
          ? .officialCheckpoint : .convertedCheckpoint)
        : network.map(Kind.weights)
          ?? FirstStage(model).map(Kind.firstStage) ?? Self.kind(ofOther: file) ?? .unknown
    if case .firstStage(let part) = kind { sizes = part.sizes(model) }
    if kind == .latents { latents = try LatentReport(contentsOf: path) }
    if listsTensors { entries = [] }
    let adapters = model.adapterValueCount
    if adapters > 0 { adapterValues = adapters }
    if isTraining || network != nil || kind == .posthocSnapshot {
      try describeModel(file, model, heads: heads)
    }
    try scan(file, prefixes: prefixes(of: state))
    checkCount(network)
  }

  /// The kind of a file of latents or averages; nil where it is none.
  private static func kind(ofOther file: any TensorFile) -> Kind? {
    if file.metadata[TrainingCheckpoint.MetadataKey.posthoc] != nil { return .posthocSnapshot }
    if LatentDescription.isDescribed(in: file) { return .latents }
    return Set(file.names) == ["labels", "latents"] ? .sampledLatents : nil
  }

  /// The beginnings of keys that tell the sets of tensors apart.
  private func prefixes(of state: StateDict) -> [String] {
    typealias Prefix = StateDict.Prefix
    let further =
      state.furtherDecays.map { Prefix.average(decay: $0) }
      + state.posthocWidths.map { Prefix.posthoc(width: $0) }
    let known =
      [Prefix.model, Prefix.average] + further
      + [Prefix.first, Prefix.second, "opt.", "optimizer."]
    return [.trainingCheckpoint, .posthocSnapshot].contains(kind) || format != "safetensors"
      ? known.filter { state.hasPrefix($0) } : []
  }

  private mutating func describeModel(
    _ file: any TensorFile, _ weights: StateDict, heads: Int?
  ) throws {
    typealias Key = TrainingCheckpoint.MetadataKey
    if [.trainingCheckpoint, .posthocSnapshot].contains(kind) {
      step = try file.metadata(Key.step, as: Int.self)
    }
    do {
      let model =
        file.metadata[Key.model] == nil
        ? try ModelConfiguration(
          inferredFrom: { weights.shape(of: $0) }, heads: heads, file: file.path)
        : try file.metadata(Key.model, as: ModelConfiguration.self)
      try model.validate()
      self.model = model
      parameters = model.parameterCount
    } catch let error as ModelInferenceError {
      // Heads leave no trace in most shapes: the rest is told and counted without them.
      guard heads == nil,
        let model = try? ModelConfiguration(
          inferredFrom: { weights.shape(of: $0) }, heads: 1, file: file.path)
      else { return problems.append(error.problem) }
      notes.append(error.problem)
      sizes = model.text(knowsHeads: false)
      parameters = model.parameterCount
    } catch let error as ModelConfigurationError {
      problems.append("the model: \(error)")
    }
  }

  private mutating func scan(_ file: any TensorFile, prefixes: [String]) throws {
    var places: [String: Int] = [:]
    for name in file.names {
      let prefix = prefixes.first { name.hasPrefix($0) }
      let group = prefix.map { String($0.dropLast()) } ?? (prefixes.isEmpty ? "weights" : "other")
      let place = places[group, default: groups.count]
      if place == groups.count {
        places[group] = place
        groups.append(Group(name: group))
      }
      let info = try file.info(for: name)
      groups[place].tensors += 1
      if name.hasSuffix("rope.freqs_cos") || name.hasSuffix("rope.freqs_sin") {
        groups[place].buffers += info.count
      }
      groups[place].types[info.type.rawValue, default: 0] += 1
      let isReadable = info.type.isReadableFloat || info.type.isInteger
      let statistics = isReadable ? TensorStatistics(try file.tensor(name)) : nil
      // Neither a converted copy nor the pages of the file are looked at again.
      MemoryPool.shared.trim()
      file.releasePages()
      if let statistics {
        groups[place].statistics.add(statistics)
        if !statistics.isFinite {
          problems.append("\(name) holds \(statistics.nan) NaN and \(statistics.infinite) infinite")
        }
      }
      entries?.append(
        Entry(name: name, type: info.type.rawValue, shape: info.shape, statistics: statistics))
    }
  }

  /// Compares the weights with what a model of these sizes has.
  private mutating func checkCount(_ network: ModelKind?) {
    guard let parameters,
      let group = groups.first(where: { ["model", "ema", "weights"].contains($0.name) })
    else { return }
    let found = group.statistics.elements - group.buffers - (adapterValues ?? 0)
    guard found != parameters else { return }
    let kind = (model?.kind ?? network)?.rawValue ?? "model"
    problems.append(
      "holds \(found) parameters, but a \(kind) of its sizes has \(parameters)")
  }
}
