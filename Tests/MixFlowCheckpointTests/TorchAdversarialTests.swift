import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// Checkpoints that were made to do harm, or were damaged: each is refused, soon and by name.
@Suite struct TorchAdversarialTests {
  typealias Bytes = TorchBytes

  /// A file and a part of what must be said of it.
  struct Bad: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let words: String

    init(_ name: String, _ bytes: [UInt8], says words: String) {
      testDescription = name
      self.bytes = bytes
      self.words = words
    }

    init(_ name: String, pickle: [UInt8], says words: String) {
      self.init(name, Bytes.checkpoint(Bytes.start + pickle + Bytes.stop), says: words)
    }
  }

  static let names = [
    ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "exec"),
    ("builtins", "getattr"), ("subprocess", "Popen"), ("torch", "load"), ("torch.hub", "load"),
    ("torch._utils", "_rebuild_sparse_tensor"), ("collections", "Counter"), ("nt", "system"),
    ("numpy._core.multiarray", "scalar"), ("argparse", "ArgumentParser"), ("torch", "FloatTensor"),
  ]

  static let calls: [Bad] = names.flatMap { module, name in
    [
      Bad(
        "\(module).\(name)",
        pickle: Bytes.global(module, name) + Bytes.text("echo") + [0x85] + Bytes.ascii("R"),
        says: "\(module).\(name) is not allowed in a checkpoint"),
      Bad(
        "\(module).\(name), from the stack",
        pickle: Bytes.text(module) + Bytes.text(name) + [0x93] + Bytes.ascii(")R"),
        says: "\(module).\(name) is not allowed in a checkpoint"),
    ]
  }

  static let instructions: [Bad] = "IVSFLdligpPio".map { letter in
    Bad("instruction \(letter)", pickle: Bytes.ascii("\(letter)1\n"), says: "is not allowed")
  }

  /// Those that look a class up elsewhere, make an object or take memory from outside the pickle.
  static let objects: [Bad] = [
    ("EXT1", 0x82), ("EXT2", 0x83), ("EXT4", 0x84), ("NEWOBJ_EX", 0x92), ("BYTEARRAY8", 0x96),
    ("NEXT_BUFFER", 0x97), ("READONLY_BUFFER", 0x98),
  ].map { (name: String, code: UInt8) in
    Bad(
      name, pickle: Bytes.ascii("N)") + [code, 1, 0, 0, 0],
      says: "instruction 0x\(String(code, radix: 16)) is not allowed")
  }

  /// Ways to call or to change what a name stands for.
  static let uses: [Bad] = [
    Bad(
      "NEWOBJ of a refused name", pickle: Bytes.global("os", "system") + Bytes.ascii(")") + [0x81],
      says: "os.system is not allowed"),
    Bad(
      "INST of a refused name", pickle: Bytes.ascii("(ios\nsystem\n"), says: "0x69 is not allowed"),
    Bad(
      "OBJ of a refused name", pickle: Bytes.ascii("(") + Bytes.global("os", "system"),
      says: "os.system is not allowed"),
    Bad("OBJ", pickle: Bytes.ascii("(No"), says: "0x6f is not allowed"),
    Bad(
      "BUILD of a refused name", pickle: Bytes.global("os", "environ") + Bytes.ascii("}b"),
      says: "os.environ is not allowed"),
    Bad("BUILD of nothing", pickle: Bytes.ascii("N}b"), says: "attributes of what has none"),
    Bad(
      "BUILD of a name", pickle: Bytes.global("torch", "Size") + Bytes.ascii("}b"),
      says: "attributes of what has none"),
    Bad(
      "BUILD from a list", pickle: Bytes.global("argparse", "Namespace") + Bytes.ascii(")R]b"),
      says: "are no dictionary"),
    Bad(
      "BUILD twice",
      pickle: Bytes.global("argparse", "Namespace") + Bytes.ascii(")R}") + Bytes.text("k")
        + Bytes.ascii("Nsq\0b") + Bytes.ascii("}") + Bytes.text("k") + Bytes.ascii("Nsb"),
      says: "has the key 'k' twice"),
    Bad(
      "a refused name in another's arguments",
      pickle: Bytes.global("torch._tensor", "_rebuild_from_type_v2") + Bytes.ascii("(")
        + Bytes.global("posix", "system"), says: "posix.system is not allowed"),
    Bad(
      "an allowed name as another's function",
      pickle: Bytes.global("torch._tensor", "_rebuild_from_type_v2") + Bytes.ascii("(")
        + Bytes.global("torch", "Size") + Bytes.global("torch", "Tensor") + Bytes.ascii(")}tR"),
      says: "not as PyTorch writes them"),
    Bad(
      "call of a storage class",
      pickle: Bytes.global("torch", "FloatStorage") + Bytes.int(1 << 40) + [0x85]
        + Bytes.ascii("R"), says: "not as PyTorch writes them"),
    Bad(
      "STACK_GLOBAL of numbers", pickle: Bytes.ascii("NN") + [0x93], says: "a name is no text"),
    Bad(
      "arguments in a list", pickle: Bytes.global("torch", "Size") + Bytes.ascii("]R"),
      says: "arguments are no tuple"),
    Bad(
      "duplicate pairs",
      pickle: Bytes.global("collections", "OrderedDict") + Bytes.ascii("](")
        + [1, 2].flatMap { Bytes.text("k") + Bytes.int($0) + [0x86] } + Bytes.ascii("e") + [0x85]
        + Bytes.ascii("R"), says: "has the key 'k' twice"),
    Bad(
      "duplicate key, one at a time",
      pickle: Bytes.ascii("}") + [1, 2].flatMap { Bytes.text("k") + Bytes.int($0) + [0x73] },
      says: "has the key 'k' twice"),
  ]

  /// Files of the format before PyTorch 1.6, whose storages follow the pickles.
  static let legacy: [Bad] = [
    Bad(
      "legacy size", Bytes.legacy(count: 2, keys: ["0"], sizes: [3]), says: "begin with its size"),
    Bad(
      "legacy size of 2^63", Bytes.legacy(count: .max, keys: ["0"], sizes: [.max]),
      says: "storage of 9223372036854775807 elements"),
    Bad(
      "legacy storage past the end", Bytes.legacy(count: 1 << 40, keys: ["0"], sizes: [1 << 40]),
      says: "past the end of the file"),
    Bad(
      "legacy negative size", Bytes.legacy(count: 2, keys: ["0"], sizes: [-2]),
      says: "begin with its size"),
    Bad(
      "legacy storage twice", Bytes.legacy(count: 2, keys: ["0", "0"], sizes: [2]),
      says: "is listed twice"),
    Bad(
      "legacy storage missing", Bytes.legacy(count: 2, keys: [], sizes: []), says: "not in the list"
    ),
    Bad("legacy stranger", Bytes.legacy(count: 2, keys: ["1"], sizes: [2]), says: "belongs to no"),
  ]

  static let pickles = [
    Bad("empty", Bytes.checkpoint([]), says: "in the middle of an instruction"),
    Bad("no end", Bytes.checkpoint(Bytes.start), says: "in the middle of an instruction"),
    Bad("no value", pickle: [], says: "a value that is not there"),
    Bad("values left", pickle: Bytes.ascii("NN"), says: "leaves values behind"),
    Bad("no mark", pickle: Bytes.ascii("t"), says: "a mark that is not there"),
    Bad("below a mark", pickle: Bytes.ascii("N(0"), says: "a value that is not there"),
    Bad("no memo", pickle: Bytes.ascii("h") + [7], says: "no value is memoised as 7"),
    Bad("protocol", Bytes.checkpoint([0x80, 9]), says: "protocol 9"),
    Bad("append to none", pickle: Bytes.ascii("NNa"), says: "what is no container"),
    Bad("append to a dictionary", pickle: Bytes.ascii("}Na"), says: "what is no list"),
    Bad("items of a list", pickle: Bytes.ascii("]NNs"), says: "what is no dictionary"),
    Bad("odd items", pickle: Bytes.ascii("}(Nu"), says: "what is no dictionary"),
    Bad("key", pickle: Bytes.ascii("}]Ns"), says: "neither text nor a number"),
    Bad(
      "duplicate key",
      pickle: Bytes.ascii("}(") + Bytes.text("k") + Bytes.ascii("N") + Bytes.text("k")
        + Bytes.ascii("Nu"), says: "has the key 'k' twice"),
    Bad("call of data", pickle: Bytes.ascii("N)R"), says: "what is no class or function"),
    Bad(
      "string", pickle: Bytes.ascii("X") + [0xFF, 0xFF, 0xFF, 0xFF, 1], says: "runs past the end"),
    Bad("long", pickle: [0x8B, 0xFF, 0xFF, 0xFF, 0xFF], says: "runs past the end"),
    Bad(
      "64-bit string", pickle: [0x8D] + Bytes.little(Int64.max), says: "runs past the end"),
    Bad("no text", pickle: Bytes.ascii("X") + [1, 0, 0, 0, 0xFF], says: "not UTF-8"),
    Bad("name", pickle: Bytes.ascii("cos"), says: "a name has no end"),
    Bad("identifier", pickle: Bytes.ascii("NQ"), says: "does not name a storage"),
    Bad(
      "names clash",
      pickle: Bytes.ascii("}(") + Bytes.text("a.b") + Bytes.ascii("N") + Bytes.text("a")
        + Bytes.ascii("}") + Bytes.text("b") + Bytes.ascii("Nsu"), says: "names two values"),
  ]

  static let big = Int.max
  static let tensors = [
    Bad("outside", Bytes.one(count: 4, shape: [5], strides: [1]), says: "does not lie in"),
    Bad("offset", Bytes.one(count: 4, offset: 4, shape: [1], strides: [1]), says: "does not lie"),
    Bad("stride", Bytes.one(count: 4, shape: [2], strides: [4]), says: "does not lie in"),
    Bad("negative offset", Bytes.one(count: 4, offset: -1, shape: [1], strides: [1]), says: "neg"),
    Bad("negative stride", Bytes.one(count: 4, shape: [2], strides: [-1]), says: "are negative"),
    Bad("negative shape", Bytes.one(count: 4, shape: [-2, -2], strides: [1, 1]), says: "are neg"),
    Bad("ranks", Bytes.one(count: 4, shape: [2, 2], strides: [1]), says: "with 1 strides"),
    Bad("2^63", Bytes.one(count: 4, shape: [big, big], strides: [1, 1]), says: "too large"),
    Bad("2^62", Bytes.one(count: 4, shape: [1 << 62], strides: [0]), says: "too large"),
    Bad("large stride", Bytes.one(count: 4, shape: [3, 3], strides: [big, big]), says: "not lie"),
    Bad(
      "large offset", Bytes.one(count: 4, offset: big, shape: [2], strides: [1]), says: "not lie"),
    Bad("expanded", Bytes.one(count: 1, shape: [1 << 40], strides: [0]), says: "repeats the 1"),
    Bad(
      "large storage", Bytes.one(count: big, bytes: 4, shape: [1], strides: [1]), says: "storage of"
    ),
    Bad("negative storage", Bytes.one(count: -4, shape: [0], strides: [1]), says: "storage of"),
    Bad(
      "short storage", Bytes.one(count: 4, bytes: 12, shape: [4], strides: [1]), says: "12 bytes"),
    Bad(
      "65 dimensions",
      Bytes.one(
        count: 4, shape: [Int](repeating: 1, count: 65), strides: [Int](repeating: 1, count: 65)),
      says: "not described as PyTorch does"),
    Bad(
      "two descriptions",
      Bytes.checkpoint(
        Bytes.start + Bytes.ascii("(")
          + Bytes.tensor(count: 2, type: "FloatStorage", shape: [2], strides: [1])
          + Bytes.tensor(count: 2, type: "DoubleStorage", shape: [2], strides: [1])
          + Bytes.ascii("t."), storage: 8), says: "described twice"),
    Bad(
      "no storage",
      Bytes.checkpoint(
        Bytes.start + Bytes.tensor(count: 0, key: "../0", shape: [0], strides: [1]) + Bytes.stop),
      says: "is not in the archive"),
  ]

  static let plain = Bytes.start + Bytes.ascii("N.")
  static let archives = [
    Bad("deflated", zip(method: 8), says: "compressed or encrypted"),
    Bad("encrypted", zip(flags: 1), says: "compressed or encrypted"),
    Bad("size", zip(size: 1 << 30), says: "runs past the entries"),
    Bad("2^32 - 1", zip(size: .max), says: "runs past the entries"),
    Bad("offset", zip(offset: 1 << 30), says: "no header where the directory says"),
    Bad("another's header", zip(offset: 0), says: "another header than the directory says"),
    Bad(
      "overlap",
      Bytes.zip([
        .init(name: "a/data.pkl", content: plain, size: 60),
        .init(name: "a/data/0", content: [UInt8](repeating: 0, count: 64)),
      ]), says: "overlap"),
    Bad(
      "twice",
      Bytes.zip([
        .init(name: "a/data/0", content: [1]), .init(name: "a/data/0", content: [1]),
        .init(name: "a/data.pkl", content: plain),
      ]), says: "two zip entries are named a/data/0"),
    Bad(
      "two pickles",
      Bytes.zip([
        .init(name: "a/data.pkl", content: plain), .init(name: "b/data.pkl", content: plain),
      ]), says: "with 2 entries named data.pkl"),
    Bad("no pickle", Bytes.zip([.init(name: "a/x", content: [])]), says: "with 0 entries"),
    Bad("NumPy", Bytes.zip([.init(name: "arr_0.npy", content: [])]), says: "a NumPy archive"),
    Bad(
      "TorchScript",
      Bytes.zip([
        .init(name: "a/data.pkl", content: plain), .init(name: "a/constants.pkl", content: plain),
      ]), says: "a TorchScript program"),
    Bad(
      "big-endian",
      Bytes.zip([
        .init(name: "a/data.pkl", content: plain),
        .init(name: "a/byteorder", content: Bytes.ascii("big")),
      ]), says: "its byte order is 'big'"),
    Bad("bytes appended", Bytes.checkpoint(plain) + [0], says: "directory at its end is missing"),
    Bad(
      "plain pickle", [0x80, 2] + Bytes.ascii("N."), says: "pickle that torch.save did not write"),
  ]

  private static func zip(
    method: UInt16 = 0, flags: UInt16 = 0, size: UInt32? = nil, offset: UInt32? = nil
  ) -> [UInt8] {
    Bytes.zip([
      .init(name: "a/x", content: [1]),
      .init(
        name: "a/data.pkl", content: plain, method: method, flags: flags, size: size,
        offset: offset),
    ])
  }

  @Test(
    arguments: [
      calls, instructions, objects, uses, legacy, pickles, tensors, archives,
    ].joined())
  func isRefused(bad: Bad) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bad.bytes, to: "bad.pt")
    let error = try #require(throws: CheckpointError.self) { try CheckpointFormat.open(path) }
    #expect(error.description.hasPrefix("\(path): "))
    #expect(error.description.contains(bad.words), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  /// Small files that ask for much memory or a deep stack.
  static let bombs = [
    // Of a name alone, as millions of bytes take long to print.
    Bad("marks", pickle: [UInt8](repeating: 0x28, count: 5_000_000), says: "than a checkpoint"),
    Bad("values", pickle: [UInt8](repeating: 0x4E, count: 5_000_000), says: "than a checkpoint"),
    Bad("containers", pickle: [UInt8](repeating: 0x5D, count: 5_000_000), says: "a number of"),
    Bad("nested lists", pickle: nested, says: "nested too deeply"),
    Bad("a list in itself", pickle: TorchBytes.ascii("]q\0h\0a"), says: "nested too deeply"),
    Bad("doubled lists", pickle: doubled, says: "is among too many values"),
    Bad("copied sets", pickle: copied, says: "a number of copies"),
    Bad("listed values", pickle: listed, says: "a number of values"),
    Bad(
      "memoised values",
      pickle: TorchBytes.ascii("N") + [UInt8](repeating: 0x94, count: 1_000_001),
      says: "a memo of"),
    Bad("one tensor under many names", many(300_000), says: "is among more than 262144 tensors"),
    Bad("one element a billion times", many(100, shape: [1 << 24], strides: [0]), says: "repeat"),
  ]

  @Test(arguments: bombs)
  func isBounded(bomb: Bad) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bomb.bytes, to: "bomb.pt")
    let error = try #require(throws: CheckpointError.self) { try TorchFile(contentsOf: path) }
    #expect(error.description.contains(bomb.words), "\(error)")
  }

  private static let nested =
    [UInt8](repeating: 0x5D, count: 1_000_000) + [UInt8](repeating: 0x61, count: 999_999)

  /// A list to which a thousand values are added five thousand times.
  private static let listed: [UInt8] =
    Bytes.ascii("]")
    + [[UInt8]](
      repeating: Bytes.ascii("(") + [UInt8](repeating: 0x4E, count: 1000) + Bytes.ascii("e"),
      count: 5000
    ).joined()

  /// A list of so many times the same tensor of a storage of one element.
  private static func many(_ count: Int, shape: [Int] = [1], strides: [Int] = [1]) -> [UInt8] {
    Bytes.checkpoint(
      Bytes.start + Bytes.ascii("](") + Bytes.tensor(count: 1, shape: shape, strides: strides)
        + Bytes.ascii("q\0") + [[UInt8]](repeating: [0x68, 0], count: count).joined()
        + Bytes.ascii("e."), storage: 4)
  }

  /// Forty lists, each of which holds the one before twice; the first holds a dictionary.
  private static let doubled: [UInt8] = {
    var pickle = Bytes.ascii("](}e")
    for place in 0..<UInt8(40) {
      pickle += [0x71, place, 0x30]
      pickle += Bytes.ascii("](")
      pickle += [0x68, place, 0x68, place, 0x65]
    }
    return pickle
  }()

  /// A list of a thousand items, of which ten thousand sets are made.
  private static let copied: [UInt8] = {
    var pickle = Bytes.ascii("](")
    pickle += [UInt8](repeating: 0x4E, count: 1000)
    pickle += Bytes.ascii("eq\0")
    for _ in 0..<10_000 {
      pickle += Bytes.global("builtins", "set")
      pickle += [0x68, 0, 0x85, 0x52, 0x30]
    }
    return pickle
  }()

  @Test(arguments: ["pt/stat.pt", "pt/legacy_nonzip.pt"])
  func isRefusedWhereverItIsCut(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try readBytes(Fixtures.path(name))
    // Every byte of the structure; of the storages that follow it in the old format, some.
    let cuts =
      Array(0..<min(whole.count, 4400)) + Array(stride(from: 4400, to: whole.count, by: 997))
    for count in cuts {
      let path = try folder.write(whole.prefix(count), to: "cut.pt")
      #expect(throws: CheckpointError.self, "\(count) bytes") { try CheckpointFormat.open(path) }
    }
  }

  @Test func seesDamage() throws {
    let folder = try TemporaryFolder()
    var bytes = try readBytes(Fixtures.path("pt/stat.pt"))
    bytes[0x4B] ^= 1
    let path = try folder.write(bytes, to: "damaged.pt")
    #expect(
      throws: CheckpointError.torch(.archive(.checksum(entry: "stat/data.pkl")), file: path)
    ) { try TorchFile(contentsOf: path) }
  }

  @Test(arguments: [
    ("", "it is empty"), ("<!DOCTYPE html><html>", "a web page"),
    ("\n<html lang=en>", "a web page"),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
    ("\u{1F}\u{8B}", "neither"), ("GGUF\u{3}", "GGUF"), ("{\"error\": 1}", "it is text"),
    ("\0\0\0\0\0\0\0\0\0\0", "did not finish"), ("\u{1}\u{2}\u{3}", "of another kind"),
  ])
  func saysWhatElseItIs(text: String, words: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(text.utf8), to: "model.pt")
    let error = try #require(throws: CheckpointError.self) { try StateDict(contentsOf: path) }
    #expect(error.description.contains(words), "\(error)")
    let gzip = try folder.write([0x1F, 0x8B, 8], to: "model.pt")
    let other = try #require(throws: CheckpointError.self) { try StateDict(contentsOf: gzip) }
    #expect(other.description.contains("gunzip"))
  }
}
