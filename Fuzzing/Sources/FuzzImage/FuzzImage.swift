import FuzzSupport
import MixFlowImage

/// The checksums of PNG's chunks are computed anew, so that mutations are decoded; JPEG has none.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzImage(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  let bytes = ImageFormat(firstBytes: input) == .jpeg ? input : withRepairedChecksums(input)
  guard !bytes.isEmpty else { return 0 }
  return InputFile.fuzz(bytes, bytes.count) { path in
    let image = try Image(contentsOf: path, pixelLimit: 1 << 12)
    precondition(image.pixels.count == image.width * image.height * image.channels)
  }
}

/// Writes the CRC-32 of each chunk behind it: length, kind, content, checksum.
private func withRepairedChecksums(_ bytes: [UInt8]) -> [UInt8] {
  var bytes = bytes
  var place = 8
  while place + 12 <= bytes.count {
    let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - place - 12 else { break }
    let end = place + 8 + length
    var checksum = ~UInt32(0)
    for byte in bytes[place + 4..<end] {
      checksum ^= UInt32(byte)
      for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    for index in 0..<4 {
      bytes[end + index] = UInt8(truncatingIfNeeded: ~checksum >> (24 - 8 * index))
    }
    place = end + 4
  }
  return bytes
}
