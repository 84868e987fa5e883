/// Builds zip archives and pickles byte by byte, so that they can be wrong.
package enum TorchBytes {
  /// An entry of an archive and what its headers say of it.
  package struct Entry {
    var name: String
    var content: [UInt8]
    var method: UInt16 = 0
    var flags: UInt16 = 0
    /// What the directory says instead of the truth.
    var size: UInt32?
    var offset: UInt32?

    /// Describes an entry; what is not said is the truth.
    package init(
      name: String, content: [UInt8], method: UInt16 = 0, flags: UInt16 = 0, size: UInt32? = nil,
      offset: UInt32? = nil
    ) {
      (self.name, self.content) = (name, content)
      (self.method, self.flags) = (method, flags)
      (self.size, self.offset) = (size, offset)
    }
  }

  /// Returns an archive of stored entries, without ZIP64, padding or data descriptors; a checksum of 0
  /// stands for none.
  package static func zip(_ entries: [Entry], hasChecksums: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let name = Array(entry.name.utf8)
      let size = entry.size ?? UInt32(entry.content.count)
      let offset = entry.offset ?? UInt32(bytes.count)
      let checksum = hasChecksums ? checksum(of: entry.content) : 0
      let sizes = little(checksum) + little(size) + little(size)
      let method = little(entry.flags) + little(entry.method) + little(UInt32(0))
      bytes += little(UInt32(0x0403_4B50)) + little(UInt16(20)) + method + sizes
      bytes += little(UInt16(name.count)) + little(UInt16(0)) + name + entry.content
      directory += little(UInt32(0x0201_4B50)) + little(UInt32(0)) + method + sizes
      directory += little(UInt16(name.count)) + [UInt8](repeating: 0, count: 12) + little(offset)
      directory += name
    }
    let count = little(UInt16(entries.count))
    return bytes + directory + little(UInt32(0x0605_4B50)) + little(UInt32(0)) + count + count
      + little(UInt32(directory.count)) + little(UInt32(bytes.count)) + little(UInt16(0))
  }

  /// The CRC-32 of bytes, bit by bit.
  private static func checksum(of bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in
        sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0)
      }
    }
  }

  /// Returns a checkpoint with `pickle` and a storage `0` of `storage` bytes.
  package static func checkpoint(_ pickle: [UInt8], storage: Int = 0) -> [UInt8] {
    zip([
      Entry(name: "a/data.pkl", content: pickle),
      Entry(name: "a/data/0", content: [UInt8](repeating: 0, count: storage)),
    ])
  }

  package static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  // MARK: Pickles

  package static let start: [UInt8] = [0x80, 2]
  package static let stop = ascii(".")

  package static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
  package static func text(_ text: String) -> [UInt8] {
    ascii("X") + little(UInt32(text.utf8.count)) + Array(text.utf8)
  }
  package static func int(_ value: Int) -> [UInt8] { [0x8A, 8] + little(value) }
  package static func tuple(_ values: [Int]) -> [UInt8] {
    ascii("(") + values.flatMap { int($0) } + ascii("t")
  }
  package static func global(_ module: String, _ name: String) -> [UInt8] {
    ascii("c\(module)\n\(name)\n")
  }

  /// A persistent identifier of storage `key`.
  package static func storage(
    count: Int, type: String = "FloatStorage", key: String = "0"
  ) -> [UInt8] {
    ascii("(") + text("storage") + global("torch", type) + text(key) + text("cpu") + int(count)
      + ascii("tQ")
  }

  /// A tensor of storage `0`.
  package static func tensor(
    count: Int, type: String = "FloatStorage", key: String = "0", offset: Int = 0, shape: [Int],
    strides: [Int]
  ) -> [UInt8] {
    global("torch._utils", "_rebuild_tensor_v2") + ascii("(")
      + storage(count: count, type: type, key: key) + int(offset) + tuple(shape) + tuple(strides)
      + [0x89] + global("collections", "OrderedDict") + ascii(")RtR")
  }

  /// The checkpoint of one tensor.
  package static func one(
    count: Int, bytes: Int? = nil, type: String = "FloatStorage", offset: Int = 0, shape: [Int],
    strides: [Int]
  ) -> [UInt8] {
    checkpoint(
      start
        + tensor(count: count, type: type, offset: offset, shape: shape, strides: strides) + stop,
      storage: bytes ?? max(0, 4 * min(count, 1 << 20)))
  }

  /// A file of before PyTorch 1.6 with one tensor of a storage of `count` elements.
  ///
  /// - Parameters:
  ///   - count: The elements that the pickle says.
  ///   - keys: The storages that the list after it names.
  ///   - sizes: The elements that each says of itself; two lie in the file.
  /// - Returns: The bytes.
  package static func legacy(count: Int, keys: [String], sizes: [Int]) -> [UInt8] {
    let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    return start + [0x8A, 10] + magic + stop + start + [0x4D, 0xE9, 3] + stop + start + ascii("}.")
      + start + tensor(count: count, shape: [1], strides: [1]) + stop
      + start + ascii("](") + keys.flatMap { text($0) } + ascii("e.")
      + sizes.flatMap { little($0) + [UInt8](repeating: 0, count: 8) }
  }
}
