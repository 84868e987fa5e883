import MixFlowTensor

/// Writes safetensors files.
///
/// Equal arguments give equal bytes. The file appears whole or not at all (``AtomicFile``), and no
/// copy of the tensors is made in memory.
public enum SafeTensorsWriter {
  /// Writes `tensors` to `path`.
  ///
  /// The data lies in the order given, except that wider element types come first, so that every
  /// tensor is aligned and can be read in place.
  ///
  /// - Parameters:
  ///   - tensors: Names, each once, and elements.
  ///   - metadata: The entries of `__metadata__`, written in the order of their keys.
  ///   - path: A file to create or replace; its folder must exist.
  /// - Throws: ``CheckpointError`` if a name cannot be stored, a value does not fit the narrower
  ///   type asked for, or the file cannot be written. The old file is then as it was.
  public static func write(
    _ tensors: [(name: String, value: StoredTensor)], metadata: [String: String] = [:],
    to path: String
  ) throws(CheckpointError) {
    try checkNames(tensors.map(\.name), path: path)
    for (name, value) in tensors {
      precondition(
        value.shape.reduce(1, *) == value.count,
        "\(name): shape \(value.shape) does not hold \(value.count) elements")
    }
    let ordered = stableSort(tensors)
    var file = try AtomicFile(replacing: path)
    try file.write(
      header(
        ordered.map { ($0.name, $0.value.type, $0.value.shape) }, metadata: metadata, path: path))
    for (name, value) in ordered {
      do {
        try value.forEachPiece { try file.write($0) }
      } catch {
        throw CheckpointError(error, writing: value.type, of: name, to: path)
      }
    }
    try file.commit()
  }

  /// Writes float32 tensors to `path`, in the order given.
  ///
  /// - Parameters:
  ///   - tensors: Names, each once, and values.
  ///   - metadata: The entries of `__metadata__`, written in the order of their keys.
  ///   - path: A file to create or replace; its folder must exist.
  /// - Throws: ``CheckpointError``, as ``write(_:metadata:to:)-(_,_,_)`` does.
  public static func write(
    _ tensors: [(name: String, value: Tensor)], metadata: [String: String] = [:], to path: String
  ) throws(CheckpointError) {
    try write(tensors.map { ($0.name, .float32($0.value)) }, metadata: metadata, to: path)
  }

  /// Refuses names that a header cannot hold.
  static func checkNames(_ names: [String], path: String) throws(CheckpointError) {
    var seen: Set<String> = ["__metadata__"]
    for name in names {
      guard !name.utf8.contains(0) else {
        throw CheckpointError.safeTensors(.name(name), file: path)
      }
      guard seen.insert(name).inserted else {
        throw CheckpointError.unwritable(
          file: path, reason: "the tensor name '\(name)' is reserved or used twice")
      }
    }
  }

  private static func stableSort(
    _ tensors: [(name: String, value: StoredTensor)]
  ) -> [(name: String, value: StoredTensor)] {
    // The standard library's sort is stable but does not promise it, hence the offset.
    tensors.enumerated().sorted {
      (-$0.element.value.type.bitWidth, $0.offset) < (-$1.element.value.type.bitWidth, $1.offset)
    }
    .map(\.element)
  }

  /// Returns the length and the header, padded with spaces to a multiple of eight bytes.
  package static func header(
    _ tensors: [(name: String, type: ScalarType, shape: [Int])], metadata: [String: String],
    path: String, limit: Int = SafeTensorsHeader.limit
  ) throws(CheckpointError) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let entries = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\(jsonString($0.key)):\(jsonString($0.value))" }
      members.append("\"__metadata__\":{\(entries.joined(separator: ","))}")
    }
    var begin = 0
    for (name, type, sizes) in tensors {
      let end = begin + sizes.reduce(1, *) * type.bitWidth / 8
      let shape = sizes.map(String.init).joined(separator: ",")
      members.append(
        """
        \(jsonString(name)):{"dtype":"\(type.rawValue)","shape":[\(shape)],\
        "data_offsets":[\(begin),\(end)]}
        """)
      begin = end
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: -text.count & 7)
    guard text.count <= limit else {
      throw CheckpointError.unwritable(
        file: path, reason: "names and metadata exceed \(limit) bytes; shorten them")
    }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }
}

/// Returns `text` as a JSON string, quotes included.
private func jsonString(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\u{0}"..<" ":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
