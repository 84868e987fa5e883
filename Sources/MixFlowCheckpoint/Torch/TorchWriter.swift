/// Writes PyTorch checkpoints (`.pt`) that `torch.load(..., weights_only=True)` reads.
///
/// The layout is the one that `torch.save` of PyTorch 2 writes: a zip archive of stored entries,
/// storages aligned to 64 bytes. Equal arguments give equal bytes, the file appears whole or not at
/// all (``AtomicFile``), and no copy of the tensors is made in memory.
public enum TorchWriter {
  /// Writes `root` to `path`.
  ///
  /// - Parameters:
  ///   - root: The value that `torch.load` returns.
  ///   - path: A file to create or replace; its folder must exist.
  /// - Throws: ``CheckpointError`` if a key is used twice, a value does not fit the narrower type
  ///   asked for, or the file cannot be written. The old file is then as it was.
  public static func write(_ root: TorchItem, to path: String) throws(CheckpointError) {
    try write(root, to: path, limit: Int(UInt32.max))
  }

  /// As above, with ZIP64 from `limit` bytes on.
  package static func write(
    _ root: TorchItem, to path: String, limit: Int
  ) throws(CheckpointError) {
    let pickle: PickleWriter
    do { pickle = try PickleWriter(root) } catch {
      throw CheckpointError.unwritable(file: path, reason: error.reason)
    }
    // PyTorch takes any name; a fixed one makes equal contents equal files.
    let folder = "archive/"
    var archive = try ZipWriter(to: path, limit: limit)
    try archive.add(folder + "data.pkl", pickle.bytes)
    try archive.add(folder + ".format_version", Array("1".utf8))
    try archive.add(folder + ".storage_alignment", Array("\(ZipWriter.alignment)".utf8))
    try archive.add(folder + "byteorder", Array("little".utf8))
    for (key, value) in pickle.tensors {
      try archive.begin("\(folder)data/\(key)", size: value.count * value.type.bitWidth / 8)
      do {
        try value.forEachPiece { try archive.write($0) }
      } catch {
        throw CheckpointError(error, writing: value.type, of: key, to: path)
      }
      try archive.end()
    }
    try archive.add(folder + "version", Array("3\n".utf8))
    try archive.add(folder + ".data/serialization_id", identifier(archive.fingerprints))
    try archive.finish()
  }

  /// Forty digits that tell contents apart, as PyTorch writes for its records.
  private static func identifier(_ prints: (names: UInt64, contents: UInt64)) -> [UInt8] {
    [prints.names, prints.contents].flatMap { number in
      let digits = Array("\(number)".utf8)
      return [UInt8](repeating: UInt8(ascii: "0"), count: 20 - digits.count) + digits
    }
  }
}
