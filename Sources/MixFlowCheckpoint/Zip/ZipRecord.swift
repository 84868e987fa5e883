/// One record of the central directory.
struct ZipRecord {
  /// The size of the record.
  let count: Int
  private let name: UnsafeRawBufferPointer
  private let text: String
  private let flags: UInt16
  private let method: UInt16
  private let checksum: UInt32
  private var storedSize: UInt64
  private var size: UInt64
  private var header: UInt64

  /// Reads the record at `offset`, which must end by `end`.
  init(in file: UnsafeRawBufferPointer, at offset: Int, end: Int) throws(ZipFault) {
    guard let record = file.slice(at: offset, count: end - offset),
      record.integer(UInt32.self, at: 0) == ZipFormat.central,
      let flags = record.integer(UInt16.self, at: 8),
      let method = record.integer(UInt16.self, at: 10),
      let checksum = record.integer(UInt32.self, at: 16),
      let storedSize = record.integer(UInt32.self, at: 20),
      let size = record.integer(UInt32.self, at: 24),
      let nameSize = record.integer(UInt16.self, at: 28),
      let extraSize = record.integer(UInt16.self, at: 30),
      let commentSize = record.integer(UInt16.self, at: 32),
      let header = record.integer(UInt32.self, at: 42),
      let name = record.slice(at: ZipFormat.centralSize, count: Int(nameSize)),
      let extra = record.slice(at: ZipFormat.centralSize + name.count, count: Int(extraSize)),
      record.count >= ZipFormat.centralSize + name.count + extra.count + Int(commentSize)
    else { throw ZipFault.directory("an entry runs past its end") }
    guard let text = name.text, !text.utf8.contains(0) else {
      throw ZipFault.directory("a name is not UTF-8 text")
    }
    count = ZipFormat.centralSize + name.count + extra.count + Int(commentSize)
    self.name = name
    self.text = text
    self.flags = flags
    self.method = method
    self.checksum = checksum
    self.storedSize = UInt64(storedSize)
    self.size = UInt64(size)
    self.header = UInt64(header)
    try widen(with: extra)
  }

  /// Replaces what does not fit 32 bits by the values of the ZIP64 field.
  private mutating func widen(with extra: UnsafeRawBufferPointer) throws(ZipFault) {
    let none = UInt64(UInt32.max)
    guard size == none || storedSize == none || header == none else { return }
    var offset = 0
    while let field = extra.integer(UInt16.self, at: offset),
      let count = extra.integer(UInt16.self, at: offset + 2)
    {
      guard field == ZipFormat.wideField else {
        offset += 4 + Int(count)
        continue
      }
      var values = extra.slice(at: offset + 4, count: Int(count))
      func next() throws(ZipFault) -> UInt64 {
        guard let bytes = values, let value = bytes.integer(UInt64.self, at: 0) else {
          throw ZipFault.entry(text, reason: "has a damaged ZIP64 field")
        }
        values = bytes.slice(at: 8, count: bytes.count - 8)
        return value
      }
      if size == none { size = try next() }
      if storedSize == none { storedSize = try next() }
      if header == none { header = try next() }
      return
    }
  }

  /// Finds the content through the local header, which must agree and end before `limit`.
  func entry(
    in file: UnsafeRawBufferPointer, before limit: Int
  ) throws(ZipFault) -> ZipDirectory.Entry {
    // Bits 0, 6 and 13 are the kinds of encryption.
    guard method == 0, flags & (1 | 1 << 6 | 1 << 13) == 0 else {
      throw ZipFault.notStored(entry: text)
    }
    guard size == storedSize else {
      throw ZipFault.entry(text, reason: "has two sizes, \(size) and \(storedSize)")
    }
    guard let start = Int(exactly: header), let size = Int(exactly: size), start <= limit,
      let local = file.slice(at: start, count: limit - start),
      local.integer(UInt32.self, at: 0) == ZipFormat.local,
      let nameSize = local.integer(UInt16.self, at: 26),
      let extraSize = local.integer(UInt16.self, at: 28)
    else { throw ZipFault.entry(text, reason: "has no header where the directory says") }
    guard let localName = local.slice(at: ZipFormat.localSize, count: Int(nameSize)),
      localName.elementsEqual(name), local.integer(UInt16.self, at: 8) == method
    else { throw ZipFault.entry(text, reason: "has another header than the directory says") }
    let offset = ZipFormat.localSize + localName.count + Int(extraSize)
    guard local.slice(at: offset, count: size) != nil else {
      throw ZipFault.entry(text, reason: "runs past the entries")
    }
    let data = start + offset..<start + offset + size
    return ZipDirectory.Entry(
      name: text, span: start..<data.upperBound, data: data, checksum: checksum)
  }
}
