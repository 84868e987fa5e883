/// A checkpoint file that cannot be used, and what would make it usable.
public enum CheckpointError: Error, Equatable, Sendable {
  /// The operating system refused to open, stat or map `file`.
  case unreadable(file: String, reason: String)
  /// The operating system refused to write `file`, or what was to be written is not valid.
  case unwritable(file: String, reason: String)
  /// `file` became shorter while it was in use.
  case truncated(file: String, size: Int, opened: Int)
  /// A part of `file` has other bytes than were written.
  case damaged(part: String, file: String)
  /// `file` breaks the safetensors format.
  case safeTensors(SafeTensorsFault, file: String)
  /// `file` breaks the format of PyTorch, or holds more than plain data.
  case torch(TorchFault, file: String)
  /// `file` is no checkpoint; `looksLike` says what it is and what to do.
  case format(looksLike: String, file: String)
  /// `file` breaks the NumPy format, in `array` where it is an archive.
  case numPy(NumPyFault, array: String?, file: String)
  /// `file` has no tensor `key`; `nearest` are its most similar names.
  case missing(key: String, nearest: [String], file: String)
  /// No key of `file` begins with the prefix; `present` are the beginnings that there are.
  case noPrefix(String, present: [String], file: String)
  /// `file` lacks the set of weights that was asked for; `reason` says which there is.
  case weights(reason: String, file: String)
  /// `key` has another shape in `file` than in the model.
  case shape(key: String, found: [Int], expected: [Int], file: String)
  /// `file` holds tensors that the model lacks; `nearest` are model keys like the first of them.
  case unexpected([String], nearest: [String], file: String)
  /// The elements of `key` have a type that cannot be read as `wanted`.
  case type(key: String, found: ScalarType, wanted: String, file: String)
  /// An element of `key` is outside the range of `wanted`.
  case range(key: String, value: String, wanted: String, file: String)
  /// The metadata of `file` has no entry `key`, or one that does not decode.
  case metadata(key: String, reason: String, file: String)
}

extension CheckpointError: CustomStringConvertible {
  /// One line: the file, the key, what was found and the mend.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): cannot be read: \(reason)"
    case .unwritable(let file, let reason):
      "\(file): cannot be written: \(reason)"
    case .truncated(let file, let size, let opened):
      """
      \(file): shrank from \(opened) to \(size) bytes while in use; \
      replace checkpoints by renaming, never in place
      """
    case .damaged(let part, let file):
      """
      \(file): \(part) has other bytes than were written (CRC-32C); restore the file from a copy, or \
      resume from an older checkpoint, and check disk and memory
      """
    case .safeTensors(let fault, let file):
      "\(file): \(fault)"
    case .torch(let fault, let file):
      "\(file): \(fault)"
    case .format(let looksLike, let file):
      "\(file): neither a safetensors nor a PyTorch file: \(looksLike)"
    case .numPy(let fault, let array, let file):
      "\(file): \(array.map { "\($0): " } ?? "")\(fault)"
    case .missing(let key, let nearest, let file):
      "\(file): no tensor '\(key)'; wrong model size in the config?" + didYouMean(nearest)
    case .noPrefix(let prefix, let present, let file):
      """
      \(file): no key begins with '\(prefix)'; keys begin with \(list(present)); \
      choose one of these, or no prefix
      """
    case .weights(let reason, let file):
      "\(file): \(reason)"
    case .shape(let key, let found, let expected, let file):
      """
      \(file): \(key) is \(found) in the file, \(expected) in the model; \
      wrong model size in the config?
      """
    case .unexpected(let keys, let nearest, let file):
      """
      \(file): holds \(keys.count) tensors that the model lacks: \(list(keys)); \
      wrong model in the config?
      """ + didYouMean(nearest)
    case .type(let key, let found, let wanted, let file):
      """
      \(file): \(key): elements are \(found.rawValue), which cannot be read as \(wanted); \
      convert the tensor before loading
      """
    case .range(let key, let value, let wanted, let file):
      "\(file): \(key): \(value) does not fit \(wanted); store smaller values"
    case .metadata(let key, let reason, let file):
      "\(file): metadata '\(key)': \(reason)"
    }
  }
}

/// Returns a closing question that lists `names`, or nothing.
func didYouMean(_ names: [String]) -> String {
  names.isEmpty ? "" : " Did you mean \(names.map { "'\($0)'" }.joined(separator: " or "))?"
}

/// Returns the first few of `names`, quoted, and how many more there are.
private func list(_ names: [String]) -> String {
  let shown = names.prefix(4).map { "'\($0)'" }.joined(separator: ", ")
  return names.count > 4 ? "\(shown) and \(names.count - 4) more" : shown
}
