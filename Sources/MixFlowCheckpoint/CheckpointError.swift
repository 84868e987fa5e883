/// A checkpoint file that cannot be used, and what would make it usable.
public enum CheckpointError: Error, Equatable, Sendable {
  /// The operating system refused to open, stat or map `file`.
  case unreadable(file: String, reason: String)
  /// `file` became shorter while it was in use.
  case truncated(file: String, size: Int, opened: Int)
  /// `file` breaks the safetensors format.
  case safeTensors(SafeTensorsFault, file: String)
  /// `file` has no tensor `key`; `nearest` are its most similar names.
  case noTensor(key: String, nearest: [String], file: String)
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
    case .truncated(let file, let size, let opened):
      """
      \(file): shrank from \(opened) to \(size) bytes while in use; \
      replace checkpoints by renaming, never in place
      """
    case .safeTensors(let fault, let file):
      "\(file): \(fault)"
    case .noTensor(let key, let nearest, let file):
      "\(file): no tensor '\(key)'" + didYouMean(nearest)
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
  names.isEmpty ? "" : "; did you mean \(names.map { "'\($0)'" }.joined(separator: " or "))?"
}
