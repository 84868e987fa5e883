/// A pickle and where the storages that it names lie in the file.
struct TorchLayout {
  let root: PickleValue
  let heap: PickleHeap
  /// The bytes of the file of each storage of the heap.
  let storages: [Range<Int>]
}

extension TorchLayout {
  /// The largest pickle that is read, in bytes; that of a large checkpoint takes a megabyte.
  static let pickleLimit = 1 << 26

  /// Reads the layout that `torch.save` writes since PyTorch 1.6: a zip archive.
  init(archive file: UnsafeRawBufferPointer) throws(TorchFault) {
    let directory: ZipDirectory
    do { directory = try ZipDirectory(of: file) } catch { throw TorchFault.archive(error) }
    let root = try Self.root(of: directory)
    if let order = directory[root + "byteorder"], let text = file.content(of: order).text,
      text != "little"
    {
      throw TorchFault.byteOrder(String(text.prefix(20)))
    }
    guard let pickle = directory[root + "data.pkl"] else {
      throw TorchFault.noPickle("a zip archive without data.pkl")
    }
    let bytes = file.content(of: pickle)
    guard bytes.count <= Self.pickleLimit else {
      throw TorchFault.limit(
        "a pickle of \(bytes.count) bytes", offset: pickle.data.lowerBound)
    }
    var checksum = ZipChecksum()
    checksum.update(bytes)
    guard pickle.checksum == 0 || pickle.checksum == checksum.value else {
      throw TorchFault.archive(.checksum(entry: pickle.name))
    }
    var machine = PickleMachine(bytes, at: pickle.data.lowerBound)
    self.root = try machine.run()
    heap = machine.heap
    var storages: [Range<Int>] = []
    for storage in heap.storages {
      guard let entry = directory[root + "data/" + storage.key] else {
        throw TorchFault.storage(key: storage.key, reason: "is not in the archive")
      }
      guard entry.data.count == storage.byteCount else {
        throw TorchFault.storage(
          key: storage.key,
          reason: "has \(entry.data.count) bytes where the pickle says \(storage.byteCount)")
      }
      storages.append(entry.data)
    }
    self.storages = storages
  }

  /// The folder in the archive, with its slash: any name, the same for all entries.
  private static func root(of directory: ZipDirectory) throws(TorchFault) -> String {
    let pickles = directory.names.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
    guard pickles.count == 1, let pickle = pickles.first else {
      if directory.names.contains(where: { $0.hasSuffix(".npy") }) {
        throw TorchFault.noPickle("a NumPy archive (.npz); save the arrays with torch.save")
      }
      throw TorchFault.noPickle(
        "a zip archive with \(pickles.count) entries named data.pkl, not one")
    }
    let root = String(pickle.dropLast("data.pkl".count))
    guard directory[root + "constants.pkl"] == nil else {
      throw TorchFault.noPickle("a TorchScript program; save model.state_dict() with torch.save")
    }
    return root
  }

  /// Reads the layout of PyTorch before 1.6: five pickles, then the storages, one after another.
  init(legacy file: UnsafeRawBufferPointer) throws(TorchFault) {
    var offset = 0
    func next() throws(TorchFault) -> (PickleValue, PickleHeap) {
      let rest = UnsafeRawBufferPointer(rebasing: file[offset...].prefix(Self.pickleLimit))
      var machine = PickleMachine(rest, at: offset)
      let value = try machine.run()
      offset += machine.reader.position
      return (value, machine.heap)
    }
    guard case .longInt(Self.legacyMagic) = try next().0 else {
      throw TorchFault.noPickle("a Python pickle that torch.save did not write")
    }
    guard case .int(1001) = try next().0 else {
      throw TorchFault.noPickle("a checkpoint of an unknown protocol")
    }
    let (system, information) = try next()
    let entries = information.object(system)
    for (key, value) in zip(entries?.keys ?? [], entries?.values ?? []) where key == "little_endian"
    {
      if case .bool(false) = value { throw TorchFault.byteOrder("big") }
    }
    (root, heap) = try next()
    let (list, keys) = try next()
    storages = try Self.storages(
      of: heap, named: keys.object(list)?.values ?? [], in: file, from: offset)
  }

  /// The number 0x1950a86a20f9469cfc6c, with which the old format begins.
  private static let legacyMagic: [UInt8] = [
    0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  /// Walks over the storages in the order of their keys, each after its number of elements.
  private static func storages(
    of heap: PickleHeap, named keys: [PickleValue], in file: UnsafeRawBufferPointer,
    from start: Int
  ) throws(TorchFault) -> [Range<Int>] {
    let places = Dictionary(
      uniqueKeysWithValues: heap.storages.enumerated().map { ($0.element.key, $0.offset) })
    var ranges: [Range<Int>?] = heap.storages.map { _ in nil }
    var offset = start
    for value in keys {
      guard case .string(let key) = value, let place = places[key], ranges[place] == nil else {
        throw TorchFault.storage(
          key: value.scalarText ?? "", reason: "is listed twice or belongs to no tensor")
      }
      let storage = heap.storages[place]
      guard let count = file.integer(Int64.self, at: offset), count == storage.count else {
        throw TorchFault.storage(key: key, reason: "does not begin with its size")
      }
      guard file.slice(at: offset + 8, count: storage.byteCount) != nil else {
        throw TorchFault.storage(key: key, reason: "runs past the end of the file")
      }
      ranges[place] = offset + 8..<offset + 8 + storage.byteCount
      offset += 8 + storage.byteCount
    }
    var found: [Range<Int>] = []
    for (storage, range) in zip(heap.storages, ranges) {
      guard let range else {
        throw TorchFault.storage(key: storage.key, reason: "is not in the list of storages")
      }
      found.append(range)
    }
    return found
  }
}

extension UnsafeRawBufferPointer {
  /// The content of an entry, whose place was checked when the directory was read.
  fileprivate func content(of entry: ZipDirectory.Entry) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[entry.data])
  }
}
