/// Writes a zip archive of stored entries as PyTorch does, one entry after another.
///
/// The content of each entry begins at a multiple of 64 bytes, so that it can be mapped; its checksum
/// follows it in a data descriptor, so that it passes through memory once. libzip writes `.npz`
/// files here, but cannot align entries. Sizes and places beyond 32 bits are written as ZIP64.
struct ZipWriter: ~Copyable {
  private struct Entry {
    let name: [UInt8]
    let header: Int
    let size: Int
    var checksum = ZipChecksum()
  }

  /// The alignment of the content, in bytes.
  static let alignment = 64
  /// Bit 3, sizes follow the content, and bit 11, names are UTF-8.
  private static let flags: UInt16 = 1 << 3 | 1 << 11

  private var file: AtomicFile
  private let path: String
  private let limit: Int
  private var position = 0
  private var entries: [Entry] = []

  /// Creates the archive beside `path`, which ``finish()`` replaces.
  ///
  /// - Parameters:
  ///   - path: A file to create or replace.
  ///   - limit: The least value that does not fit a field of 32 bits; less only in tests.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``.
  init(to path: String, limit: Int = Int(UInt32.max)) throws(CheckpointError) {
    file = try AtomicFile(replacing: path)
    self.path = path
    self.limit = limit
  }

  /// A number that depends on the names and one that depends on the contents so far.
  var fingerprints: (names: UInt64, contents: UInt64) {
    var names: UInt64 = 0xCBF2_9CE4_8422_2325
    var contents = names
    // The hash of Fowler, Noll and Vo, FNV-1a.
    for entry in entries {
      for byte in entry.name { names = (names ^ UInt64(byte)) &* 0x100_0000_01B3 }
      contents = (contents ^ UInt64(entry.checksum.value)) &* 0x100_0000_01B3
    }
    return (names, contents)
  }

  /// Adds a small entry.
  mutating func add(_ name: String, _ content: [UInt8]) throws(CheckpointError) {
    try begin(name, size: content.count)
    try content.withUnsafeBufferPointer { (bytes) throws(CheckpointError) in
      try write(UnsafeRawBufferPointer(bytes))
    }
    try end()
  }

  /// Begins an entry of `size` bytes.
  mutating func begin(_ name: String, size: Int) throws(CheckpointError) {
    let name = Array(name.utf8)
    let isWide = size >= limit
    entries.append(Entry(name: name, header: position, size: size))
    var header: [UInt8] = []
    header.append(ZipFormat.local)
    header.append(UInt16(isWide ? 45 : 0))
    header.append(Self.flags)
    // The method, the time and the date, which PyTorch leaves empty, and the checksum to follow.
    header += [UInt8](repeating: 0, count: 10)
    for _ in 0..<2 { header.append(isWide ? UInt32.max : 0) }
    var extra: [UInt8] = []
    if isWide {
      extra.append(ZipFormat.wideField)
      extra.append(UInt16(16))
      for _ in 0..<2 { extra.append(UInt64(size)) }
    }
    let start = position + ZipFormat.localSize + name.count + extra.count + 4
    let padding = -start & (Self.alignment - 1)
    extra += Array("FB".utf8)
    extra.append(UInt16(padding))
    extra += [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
    header.append(UInt16(name.count))
    header.append(UInt16(extra.count))
    try put(header + name + extra)
  }

  /// Writes the bytes of the entry that follow.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    entries[entries.count - 1].checksum.update(bytes)
    position += bytes.count
    try file.write(bytes)
  }

  /// Ends the entry.
  mutating func end() throws(CheckpointError) {
    guard let entry = entries.last else { return }
    var descriptor: [UInt8] = []
    descriptor.append(ZipFormat.descriptor)
    descriptor.append(entry.checksum.value)
    for _ in 0..<2 {
      if entry.size >= limit {
        descriptor.append(UInt64(entry.size))
      } else {
        descriptor.append(UInt32(entry.size))
      }
    }
    try put(descriptor)
  }

  /// Writes the directory and moves the archive to its place.
  consuming func finish() throws(CheckpointError) {
    let start = position
    for entry in entries { try put(record(of: entry)) }
    try put(ending(start: start, size: position - start))
    try file.commit()
  }

  private func record(of entry: Entry) -> [UInt8] {
    var extra: [UInt8] = []
    let size = narrow(entry.size, extra: &extra)
    // Both sizes come before the place, in the record and in its extra field.
    let storedSize = narrow(entry.size, extra: &extra)
    let header = narrow(entry.header, extra: &extra)
    if !extra.isEmpty {
      var field: [UInt8] = []
      field.append(ZipFormat.wideField)
      field.append(UInt16(extra.count))
      extra = field + extra
    }
    var record: [UInt8] = []
    record.append(ZipFormat.central)
    record.append(UInt16(0))
    record.append(UInt16(extra.isEmpty ? 0 : 45))
    record.append(Self.flags)
    record += [UInt8](repeating: 0, count: 6)
    record.append(entry.checksum.value)
    record.append(storedSize)
    record.append(size)
    record.append(UInt16(entry.name.count))
    record.append(UInt16(extra.count))
    // No comment, one disk, no attributes.
    record += [UInt8](repeating: 0, count: 10)
    record.append(header)
    return record + entry.name + extra
  }

  /// Returns `value` in 32 bits, or puts it into the ZIP64 field and returns its mark.
  private func narrow(_ value: Int, extra: inout [UInt8]) -> UInt32 {
    guard value >= limit else { return UInt32(value) }
    extra.append(UInt64(value))
    return .max
  }

  private func ending(start: Int, size: Int) -> [UInt8] {
    var end: [UInt8] = []
    end.append(ZipFormat.wideEnd)
    end.append(UInt64(ZipFormat.wideEndSize - 12))
    // Made on Unix by version 3.0 of the format; version 4.5 is needed.
    end.append(UInt16(0x031E))
    end.append(UInt16(45))
    end.append(UInt64(0))
    for value in [entries.count, entries.count, size, start] { end.append(UInt64(value)) }
    end.append(ZipFormat.locator)
    end.append(UInt32(0))
    end.append(UInt64(start + size))
    end.append(UInt32(1))
    end.append(ZipFormat.end)
    end.append(UInt32(0))
    for _ in 0..<2 { end.append(UInt16(clamping: entries.count)) }
    for value in [size, start] { end.append(value >= limit ? .max : UInt32(value)) }
    end.append(UInt16(0))
    return end
  }

  private mutating func put(_ bytes: [UInt8]) throws(CheckpointError) {
    position += bytes.count
    try file.write(bytes)
  }
}
