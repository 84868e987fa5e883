import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// Mutations of valid files: each is read, or refused with an error, but none may trap.
@Suite struct SafeTensorsFuzzTests {
  /// Pieces of JSON that upset parsers and size arithmetic.
  static let splices = [
    "-1", "0", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e308",
    "4294967296", "null", "[", "]", "{", "}", "\"", "\\u0000", "\\ud800", "F64", "F4", "BOOL", ",",
    ":", "\u{0}", "__metadata__", "[0,0]",
  ]

  static func mutate(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2: bytes.remove(at: place)
      case 3: bytes.removeLast(bytes.count - place)
      case 4:
        let end = min(bytes.count, place + Int.random(in: 1...8, using: &generator))
        bytes.replaceSubrange(place..<end, with: bytes[place..<end] + bytes[place..<end])
      default:
        let splice = splices[Int.random(in: 0..<splices.count, using: &generator)]
        let end = min(bytes.count, place + Int.random(in: 0...2, using: &generator))
        bytes.replaceSubrange(place..<end, with: splice.utf8)
      }
    }
    return bytes
  }

  @Test func noMutationTraps() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("fuzz.safetensors")
    try SafeTensorsWriter.write(
      SafeTensorsWriterTests.mixed, metadata: ["config": #"{"depth":2}"#], to: path)
    let valid = try readBytes(path)
    let headerCount = valid[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var generator = SeededGenerator(seed: 20_251_124)
    var counts = (read: 0, refused: 0)
    for round in 0..<6000 {
      var bytes: [UInt8]
      if round.isMultiple(of: 3) {
        bytes = Self.mutate(valid, using: &generator)
      } else {
        // A stated length that fits lets the mutation reach the parser.
        let header = Self.mutate(Array(valid[8..<(8 + headerCount)]), using: &generator)
        bytes = safeTensors(header) + valid[(8 + headerCount)...]
      }
      try writeBytes(bytes, to: path)
      do {
        let file = try SafeTensorsFile(contentsOf: path)
        for name in file.names {
          _ = try? file.tensor(name).array
          _ = try? file.doubles(name)
          _ = try? file.integers(name)
          #expect(try file.bytes(name).count == file.info(for: name).byteCount)
        }
        counts.read += 1
      } catch {
        #expect(!error.description.isEmpty)
        counts.refused += 1
      }
    }
    // Both ways out are exercised.
    #expect(counts.read > 100)
    #expect(counts.refused > 1000)
  }
}
