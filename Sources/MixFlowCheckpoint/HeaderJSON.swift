/// The JSON of a safetensors header: one object whose keys are tensor names, and `__metadata__`.
///
/// Foundation's decoder takes half a minute and gigabytes for headers that the format allows but
/// nobody writes; here time and memory are those of what is returned, which is bounded.
struct HeaderJSON {
  struct Entry {
    var dtype = ""
    var shape: [Int] = []
    var offsets: [Int] = []
  }

  /// The most tensors, and the most entries of the metadata.
  static let limit = 1 << 20
  /// The most dimensions of a tensor, as many as PyTorch and NumPy allow.
  static let dimensionLimit = 64

  private(set) var metadata: [String: String] = [:]
  private(set) var entries: [(name: String, entry: Entry)] = []

  /// Parses all of `bytes`, which are UTF-8.
  init(_ bytes: UnsafeRawBufferPointer) throws(SafeTensorsFault) {
    var scanner = JSONScanner(bytes)
    do throws(JSONFault) {
      try scanner.members { (scanner, name) throws(JSONFault) in
        if name == "__metadata__" {
          try readMetadata(&scanner)
        } else {
          try readEntry(name, &scanner)
        }
      }
      try scanner.expectEnd()
    } catch {
      throw SafeTensorsFault.json(path: error.path, reason: error.reason)
    }
  }

  private mutating func readMetadata(_ scanner: inout JSONScanner) throws(JSONFault) {
    guard !scanner.takeNull() else { return }
    do throws(JSONFault) {
      try scanner.members { (scanner, key) throws(JSONFault) in
        guard metadata.count < Self.limit else {
          throw JSONFault("more than \(Self.limit) entries")
        }
        let value = try scanner.string(of: key)
        guard metadata.updateValue(value, forKey: key) == nil else {
          throw JSONFault("given twice", at: key)
        }
      }
    } catch { throw error.below("__metadata__") }
  }

  private mutating func readEntry(
    _ name: String, _ scanner: inout JSONScanner
  ) throws(JSONFault) {
    guard entries.count < Self.limit else { throw JSONFault("more than \(Self.limit) tensors") }
    var entry = Entry()
    var missing = ["dtype", "shape", "data_offsets"]
    do throws(JSONFault) {
      try scanner.members { (scanner, key) throws(JSONFault) in
        guard let place = missing.firstIndex(of: key) else {
          guard !["dtype", "shape", "data_offsets"].contains(key) else {
            throw JSONFault("given twice", at: key)
          }
          return try scanner.skipValue(of: key)
        }
        missing.remove(at: place)
        switch key {
        case "dtype": entry.dtype = try scanner.string(of: key)
        case "shape": entry.shape = try scanner.integers(of: key, limit: Self.dimensionLimit)
        default: entry.offsets = try scanner.integers(of: key, limit: Self.dimensionLimit)
        }
      }
      if let key = missing.first { throw JSONFault("the key '\(key)' is missing") }
    } catch { throw error.below(name) }
    entries.append((name, entry))
  }
}
