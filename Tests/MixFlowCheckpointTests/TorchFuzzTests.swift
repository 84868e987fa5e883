import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// Mutations of valid files: each is read, or refused with an error, but none may trap.
@Suite struct TorchFuzzTests {
  @Test(arguments: ["stat", "tricky", "legacy_nonzip", "ema_bf16"])
  func noMutationTraps(name: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("fuzz.pt")
    var valid = try readBytes(Fixtures.path("pt/\(name).pt"))
    let file = try TorchFile(contentsOf: Fixtures.path("pt/\(name).pt"))
    let pickle = try #require(
      (0..<valid.count - 2).first { valid[$0] == 0x80 && valid[$0 + 1] == 2 })
    if !file.isLegacy {
      // Without its checksum a mutated pickle is read.
      let start = try #require(
        (0..<valid.count - 4).first { valid[$0..<$0 + 4].elementsEqual([0x50, 0x4B, 1, 2]) })
      for place in start + 16..<start + 20 { valid[place] = 0 }
    }
    var generator = SeededGenerator(seed: 20_261_124)
    var counts = (read: 0, refused: 0)
    for round in 0..<1500 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        // The pickle is most of what can go wrong; the zip records are at the end.
        let place =
          round.isMultiple(of: 2)
          ? Int.random(in: pickle..<min(pickle + 3000, bytes.count), using: &generator)
          : Int.random(in: max(0, bytes.count - 1500)..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        default:
          bytes[place] =
            Array("(.02GJKMNQRTUX]abceh)jqrstu}".utf8).randomElement(using: &generator) ?? 0
        }
      }
      try writeBytes(bytes, to: path)
      do {
        let file = try TorchFile(contentsOf: path)
        for name in file.names {
          _ = try? file.tensor(name)
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
    #expect(counts.read > 50 && counts.refused > 200, "\(counts)")
  }
}
