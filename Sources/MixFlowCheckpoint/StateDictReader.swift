import MixFlowTensor

/// Hands out the tensors of a state dict and remembers which were asked for.
///
/// Build the model from it, then call ``expectAllRead(except:)`` to refuse a file that holds more
/// than the model.
public final class StateDictReader {
  /// What is read from.
  public let state: StateDict
  private var read: Set<String> = []

  /// Starts with nothing read.
  public init(_ state: StateDict) { self.state = state }

  /// Reads the tensor under `key`, which must have `shape`.
  ///
  /// - Parameters:
  ///   - key: A key of the file.
  ///   - shape: The shape that the model expects.
  /// - Returns: The tensor in float32.
  /// - Throws: ``CheckpointError`` if it is missing, of another shape, or unreadable.
  public func tensor(_ key: String, shape: [Int]) throws(CheckpointError) -> Tensor {
    read.insert(key)
    return try state.tensor(key, shape: shape)
  }

  /// Counts `key` as read, for one that is known and not wanted.
  public func skip(_ key: String) { read.insert(key) }

  /// Whether the file holds `key`, without counting it as read.
  public func contains(_ key: String) -> Bool { state.shape(of: key) != nil }

  /// The keys that were not asked for, in the order of the file.
  public var unread: [String] { state.keys.filter { !read.contains($0) } }

  /// Throws if a tensor of the file was not asked for.
  ///
  /// - Parameter isIgnored: Says which keys may be left over.
  /// - Throws: ``CheckpointError/unexpected(_:nearest:file:)``.
  public func expectAllRead(
    except isIgnored: (String) -> Bool = { _ in false }
  ) throws(CheckpointError) {
    let unexpected = unread.filter { !isIgnored($0) }
    guard let first = unexpected.first else { return }
    throw CheckpointError.unexpected(
      unexpected, nearest: nearest(to: first, among: read.sorted()), file: state.file)
  }
}
