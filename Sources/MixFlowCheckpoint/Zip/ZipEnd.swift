/// Where the directory of an archive lies, from the record that ends the file.
struct ZipEnd {
  let entryCount: Int
  let directory: Range<Int>

  /// Finds the end record, which a comment of at most 65535 bytes may follow.
  init(of file: UnsafeRawBufferPointer) throws(ZipFault) {
    let last = file.count - ZipFormat.endSize
    let first = max(0, last - Int(UInt16.max))
    guard last >= 0,
      let offset = (first...last).last(where: { offset in
        file.integer(UInt32.self, at: offset) == ZipFormat.end
          && file.integer(UInt16.self, at: offset + 20).map(Int.init) == last - offset
      })
    else { throw ZipFault.noDirectory }
    let wide = try Self.wide(file, before: offset)
    guard let count = wide?.count ?? file.integer(UInt16.self, at: offset + 10).map(Int.init),
      let size = wide?.size ?? file.integer(UInt32.self, at: offset + 12).map(Int.init),
      let start = wide?.start ?? file.integer(UInt32.self, at: offset + 16).map(Int.init),
      start <= offset, size <= offset - start
    else { throw ZipFault.directory("it lies outside the file") }
    guard size <= ZipFormat.directoryLimit else {
      throw ZipFault.directory("it takes \(size) bytes (limit \(ZipFormat.directoryLimit))")
    }
    entryCount = count
    directory = start..<start + size
  }

  /// Reads the ZIP64 end record, if a locator before `end` points to one.
  private static func wide(
    _ file: UnsafeRawBufferPointer, before end: Int
  ) throws(ZipFault) -> (count: Int, size: Int, start: Int)? {
    let locator = end - ZipFormat.locatorSize
    guard file.integer(UInt32.self, at: locator) == ZipFormat.locator else { return nil }
    guard let offset = file.integer(UInt64.self, at: locator + 8).flatMap(Int.init(exactly:)),
      offset <= locator - ZipFormat.wideEndSize,
      file.integer(UInt32.self, at: offset) == ZipFormat.wideEnd,
      let count = file.integer(UInt64.self, at: offset + 32).flatMap(Int.init(exactly:)),
      let size = file.integer(UInt64.self, at: offset + 40).flatMap(Int.init(exactly:)),
      let start = file.integer(UInt64.self, at: offset + 48).flatMap(Int.init(exactly:)),
      start <= offset, size <= offset - start
    else { throw ZipFault.directory("its ZIP64 record lies outside the file") }
    return (count, size, start)
  }
}

/// The signatures and sizes of the records (APPNOTE 6.3.10, sections 4.3 and 4.5).
enum ZipFormat {
  static let local: UInt32 = 0x0403_4B50
  static let descriptor: UInt32 = 0x0807_4B50
  static let central: UInt32 = 0x0201_4B50
  static let wideEnd: UInt32 = 0x0606_4B50
  static let locator: UInt32 = 0x0706_4B50
  static let end: UInt32 = 0x0605_4B50
  /// The largest directory accepted, in bytes; that of a large checkpoint takes some 100 kB.
  static let directoryLimit = 1 << 26
  static let localSize = 30
  static let centralSize = 46
  static let wideEndSize = 56
  static let locatorSize = 20
  static let endSize = 22
  /// The identifier of the extra field with 64-bit sizes.
  static let wideField: UInt16 = 1
}
