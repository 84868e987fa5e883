import MixFlowTensor

/// The named tensors of one checkpoint file, in order.
///
/// What a model is loaded from. Training files hold several models under prefixes; pick one with
/// ``strippingPrefix(_:)``. Tensors of a file are read when they are asked for.
public struct StateDict: Sendable {
  private enum Source: Sendable {
    case value(Tensor)
    case stored(name: String, file: any TensorFile)
  }

  /// The path of the file, for messages.
  public let file: String
  /// The keys in the order of the file.
  public let keys: [String]
  private let sources: [String: Source]
  private let copies: Bool

  /// Opens a safetensors or PyTorch file.
  ///
  /// - Parameters:
  ///   - path: A file that ``CheckpointFormat`` knows.
  ///   - prefix: Keeps the keys that begin with it, such as `"ema."`, and removes it from them.
  /// - Throws: ``CheckpointError`` if the file is malformed or has no key with the prefix.
  public init(contentsOf path: String, prefix: String = "") throws(CheckpointError) {
    self = try StateDict(CheckpointFormat.open(path)).strippingPrefix(prefix)
  }

  /// Wraps an open file.
  public init(_ file: any TensorFile) {
    self.init(
      file: file.path, file.names.map { (key: $0, source: .stored(name: $0, file: file)) })
  }

  /// Collects tensors at hand.
  ///
  /// - Parameters:
  ///   - tensors: Keys, each once, and values.
  ///   - file: Where they came from, for messages.
  public init(_ tensors: [(key: String, value: Tensor)], file: String) {
    self.init(file: file, tensors.map { (key: $0.key, source: .value($0.value)) })
  }

  private init(file: String, _ entries: [(key: String, source: Source)], copies: Bool = false) {
    self.file = file
    keys = entries.map(\.key)
    sources = Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.source) })
    self.copies = copies
  }

  /// The same tensors, each read into memory of its own.
  ///
  /// Float32 tensors are else read in place, and the first write copies them. Weights to be trained
  /// are better copied at once: the file's pages then do not stay in memory beside their copies.
  public var copying: StateDict {
    StateDict(file: file, entries { _ in true }, copies: true)
  }

  private func entries(where isWanted: (String) -> Bool) -> [(key: String, source: Source)] {
    keys.compactMap { key in
      guard isWanted(key), let source = sources[key] else { return nil }
      return (key, source)
    }
  }

  /// Selects the keys that begin with `prefix` and removes it from them.
  ///
  /// - Parameter prefix: A beginning of keys, such as `"model."`; all keys match `""`.
  /// - Returns: The selected tensors in the same order.
  /// - Throws: ``CheckpointError/noPrefix(_:present:file:)`` if no key matches.
  public func strippingPrefix(_ prefix: String) throws(CheckpointError) -> StateDict {
    guard !prefix.isEmpty else { return self }
    let entries = entries { $0.hasPrefix(prefix) }
    guard !entries.isEmpty else {
      throw CheckpointError.noPrefix(prefix, present: firstComponents, file: file)
    }
    return StateDict(
      file: file,
      entries.map { (key: String($0.key.dropFirst(prefix.count)), source: $0.source) },
      copies: copies)
  }

  /// Gives the tensors other keys.
  ///
  /// - Parameter rename: Returns the new key of each; where two would have one, both keep theirs.
  /// - Returns: The same tensors in the same order.
  public func renaming(_ rename: (String) -> String) -> StateDict {
    let renamed = entries { _ in true }.map { (key: rename($0.key), source: $0.source) }
    guard Set(renamed.map(\.key)).count == renamed.count else { return self }
    return StateDict(file: file, renamed, copies: copies)
  }

  /// Puts tensors at hand in the place of others.
  ///
  /// - Parameters:
  ///   - values: New values of some keys.
  ///   - removed: Keys that are left out.
  /// - Returns: The same keys in the same order, but for those left out.
  public func replacing(_ values: [String: Tensor], removing removed: Set<String>) -> StateDict {
    let kept = entries { !removed.contains($0) }.map { key, source in
      (key: key, source: values[key].map(Source.value) ?? source)
    }
    return StateDict(file: file, kept, copies: copies)
  }

  /// Whether a key begins with `prefix`.
  public func hasPrefix(_ prefix: String) -> Bool { keys.contains { $0.hasPrefix(prefix) } }

  /// Returns the shape stored under `key`, or nil.
  public func shape(of key: String) -> [Int]? {
    switch sources[key] {
    case .value(let tensor): tensor.shape
    case .stored(let name, let file): try? file.info(for: name).shape
    case nil: nil
    }
  }

  /// Reads the tensor under `key`.
  ///
  /// - Parameter key: One of ``keys``.
  /// - Returns: The tensor in float32.
  /// - Throws: ``CheckpointError/missing(key:nearest:file:)``, or another case if the elements
  ///   cannot be read.
  public func tensor(_ key: String) throws(CheckpointError) -> Tensor {
    switch sources[key] {
    case .value(let tensor): return tensor
    case .stored(let name, let file):
      return copies ? try file.copy(name) : try file.tensor(name)
    case nil:
      throw CheckpointError.missing(key: key, nearest: nearest(to: key, among: keys), file: file)
    }
  }

  /// Reads the tensor under `key`, which must have `shape`.
  ///
  /// - Parameters:
  ///   - key: One of ``keys``.
  ///   - expected: The shape that the model expects.
  /// - Returns: The tensor in float32.
  /// - Throws: ``CheckpointError/missing(key:nearest:file:)``,
  ///   ``CheckpointError/shape(key:found:expected:file:)``, or another case if the elements cannot
  ///   be read.
  public func tensor(_ key: String, shape expected: [Int]) throws(CheckpointError) -> Tensor {
    if let found = shape(of: key), found != expected {
      throw CheckpointError.shape(key: key, found: found, expected: expected, file: file)
    }
    return try tensor(key)
  }

  /// The distinct beginnings of keys up to their first dot, in order of appearance.
  private var firstComponents: [String] {
    var seen: Set<Substring> = []
    return keys.map { $0.prefix { $0 != "." } }.filter { seen.insert($0).inserted }
      .map { $0 + "." }
  }
}
