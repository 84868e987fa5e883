/// The entries of a zip archive whose entries are stored uncompressed, by their place in the file.
///
/// libzip, which reads `.npz` files here, does not tell where an entry lies, and without that a
/// checkpoint could not be mapped. Only the directory at the end counts, as local headers may leave
/// sizes to a data descriptor; every place it names is checked against the file and the others.
struct ZipDirectory: Sendable {
  struct Entry: Sendable {
    let name: String
    /// The bytes of the file from the local header to the end of the data.
    var span: Range<Int>
    /// The bytes of the file that are the content.
    var data: Range<Int>
    /// The CRC-32 of the content; 0 where the writer did not compute it.
    let checksum: UInt32
  }

  /// The names in the order of the directory.
  let names: [String]
  private let entries: [String: Entry]

  subscript(name: String) -> Entry? { entries[name] }

  /// Reads the directory of a whole `file`.
  init(of file: UnsafeRawBufferPointer) throws(ZipFault) {
    let end = try ZipEnd(of: file)
    var list: [Entry] = []
    var offset = end.directory.lowerBound
    while offset < end.directory.upperBound {
      let record = try ZipRecord(in: file, at: offset, end: end.directory.upperBound)
      list.append(try record.entry(in: file, before: end.directory.lowerBound))
      offset += record.count
    }
    guard list.count == end.entryCount else {
      throw ZipFault.directory("it has \(list.count) entries of \(end.entryCount)")
    }
    try Self.checkOverlap(list)
    var entries: [String: Entry] = [:]
    for entry in list {
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw ZipFault.duplicate(entry.name)
      }
    }
    names = list.map(\.name)
    self.entries = entries
  }

  private static func checkOverlap(_ list: [Entry]) throws(ZipFault) {
    let sorted = list.sorted { $0.span.lowerBound < $1.span.lowerBound }
    for (entry, next) in zip(sorted, sorted.dropFirst()) {
      guard entry.span.upperBound <= next.span.lowerBound else {
        throw ZipFault.overlap(entry.name, next.name)
      }
    }
  }
}
