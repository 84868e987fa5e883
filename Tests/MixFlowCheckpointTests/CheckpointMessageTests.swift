import Foundation
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// What is said of files that cannot be read or written; `Tests/Messages` has the words.
@Suite struct CheckpointMessageTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("file")
  }

  private func reading(_ bytes: [UInt8], _ read: (String) throws -> Void) throws -> String {
    try writeBytes(bytes, to: path)
    return message { try read(path) } ?? "is read"
  }

  @Test func everyCase() throws {
    let errors: [CheckpointError] = [
      .unreadable(file: "a.pt", reason: "Permission denied"),
      .unwritable(file: "a.pt", reason: "No space left on device"),
      .truncated(file: "a.pt", size: 20, opened: 80), .damaged(part: "'w'", file: "a.pt"),
      .safeTensors(.tooShort(bytes: 3), file: "a.pt"), .torch(.byteOrder("big"), file: "a.pt"),
      .format(looksLike: "it is text", file: "a.pt"),
      .numPy(.fortranOrder, array: "mu", file: "a.npz"),
      .numPy(.fortranOrder, array: nil, file: "a.npy"),
      .missing(key: "wx", nearest: ["w", "x"], file: "a.pt"),
      .missing(key: "wx", nearest: [], file: "a.pt"),
      .noPrefix("ema.", present: ["a", "b", "c", "d", "e", "f"], file: "a.pt"),
      .weights(reason: "holds averages alone", file: "a.pt"),
      .shape(key: "w", found: [2], expected: [3, 1], file: "a.pt"),
      .unexpected(["v", "w"], nearest: ["x"], file: "a.pt"),
      .type(key: "w", found: .float32, wanted: "integers", file: "a.pt"),
      .range(key: "w", value: "65520.0", wanted: "F16", file: "a.pt"),
      .metadata(key: "step", reason: "expected Int", file: "a.pt"),
    ]
    try MessageTable("checkpoint-errors").expect(errors)
  }

  @Test func files() throws {
    let unended = BadFile("a text without end", safeTensors(#"{"a"#), .notText)
    var found = try (SafeTensorsAdversarialTests.bad + [unended]).map { bad in
      (
        name: "safetensors: \(bad.testDescription)",
        text: try reading(bad.bytes) { _ = try SafeTensorsFile(contentsOf: $0) }
      )
    }
    typealias Torch = TorchAdversarialTests
    let torch = [
      Array(Torch.calls.prefix(2)), Array(Torch.instructions.prefix(1)), Torch.objects, Torch.uses,
      Torch.legacy, Torch.pickles, Torch.tensors, Torch.archives, Self.furtherTorch,
      // That of very many tensors takes long.
      Torch.bombs.filter { !$0.testDescription.hasPrefix("one tensor under") },
    ]
    found += try torch.joined().map { bad in
      (
        name: "PyTorch: \(bad.testDescription)",
        text: try reading(bad.bytes) { _ = try CheckpointFormat.open($0) }
      )
    }
    found += try Self.others.map { name, bytes in
      (name: "another kind: \(name)", text: try reading(bytes) { _ = try CheckpointFormat(of: $0) })
    }
    try MessageTable("checkpoint-files").expect(
      found.map { ($0.name, String($0.text.prefix(600))) }, replacing: [path: "FILE"])
  }

  private typealias Bytes = TorchBytes
  private typealias Bad = TorchAdversarialTests.Bad

  private static let furtherTorch: [Bad] = [
    Bad(
      "pairs that are none",
      pickle: Bytes.global("collections", "OrderedDict") + Bytes.ascii("](Ne") + [0x85]
        + Bytes.ascii("R"), says: ""),
    Bad(
      "pairs in no list",
      pickle: Bytes.global("collections", "OrderedDict") + Bytes.ascii("N") + [0x85]
        + Bytes.ascii("R"), says: ""),
    Bad(
      "a device of a number",
      pickle: Bytes.global("torch", "device") + Bytes.ascii("N") + [0x85]
        + Bytes.ascii("R"), says: ""),
    Bad("a large pickle", Bytes.checkpoint(Bytes.start + large), says: ""),
    Bad("add to no set", pickle: Bytes.ascii("](N") + [0x90], says: ""),
    Bad(
      "a conjugated tensor",
      Bytes.checkpoint(
        Bytes.start + Bytes.global("torch._utils", "_rebuild_tensor_v2") + Bytes.ascii("(")
          + Bytes.storage(count: 1) + Bytes.int(0) + Bytes.tuple([1]) + Bytes.tuple([1]) + [0x89]
          + Bytes.global("collections", "OrderedDict") + Bytes.ascii(")R}") + Bytes.text("conj")
          + [0x88] + Bytes.ascii("stR."), storage: 4), says: ""),
    Bad(
      "a third form without type",
      Bytes.checkpoint(
        Bytes.start + Bytes.global("torch._utils", "_rebuild_tensor_v3") + Bytes.ascii("(")
          + Bytes.storage(count: 1) + Bytes.int(0) + Bytes.tuple([1]) + Bytes.tuple([1])
          + Bytes.ascii("tR."), storage: 4), says: ""),
    Bad(
      "a view outside",
      Bytes.checkpoint(
        Bytes.start + Bytes.ascii("(") + Bytes.text("storage")
          + Bytes.global("torch", "FloatStorage") + Bytes.text("0") + Bytes.text("cpu")
          + Bytes.int(1) + Bytes.ascii("(") + Bytes.text("v") + Bytes.int(3) + Bytes.int(1)
          + Bytes.ascii("ttQ."), storage: 4), says: ""),
    Bad(
      "an unknown protocol",
      [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
        + Bytes.stop + Bytes.start + [0x4D, 0xE8, 3] + Bytes.stop, says: ""),
    Bad(
      "two tensors of a name",
      Bytes.checkpoint(
        Bytes.start + Bytes.ascii("}(") + Bytes.text("a.0")
          + Bytes.tensor(count: 1, shape: [1], strides: [1]) + Bytes.text("a") + Bytes.ascii("(")
          + Bytes.tensor(count: 1, shape: [1], strides: [1]) + Bytes.ascii("tu."), storage: 4),
      says: ""),
  ]

  private static let large = [UInt8](repeating: 0x4E, count: 1 << 26)

  private static let others: [(String, [UInt8])] = [
    ("nothing", []), ("a page", Array("<!DOCTYPE html><html>".utf8)),
    ("Git LFS", Array("version https://git-lfs.github.com/spec/v1\noid sha256:0".utf8)),
    ("gzip", [0x1F, 0x8B, 8]), ("Zstandard", [0x28, 0xB5, 0x2F, 0xFD]),
    ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A]), ("HDF5", [0x89, 0x48, 0x44, 0x46]),
    ("NumPy", [0x93] + Array("NUMPY".utf8)), ("GGUF", Array("GGUF\u{3}".utf8)),
    ("PNG", [0x89, 0x50, 0x4E, 0x47]), ("text", Array("{\"error\": 1}".utf8)),
    ("zeros", [UInt8](repeating: 0, count: 10)), ("noise", [1, 2, 3]),
  ]

  @Test func arrays() throws {
    func npy(_ text: String, _ data: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
      [0x93] + Array("NUMPY".utf8) + [version, 0, UInt8(text.utf8.count), 0] + Array(text.utf8)
        + data
    }
    func header(_ type: String = "'<f4'", order: String = "False", shape: String = "(1,)")
      -> String
    { "{'descr': \(type), 'fortran_order': \(order), 'shape': \(shape), }" }
    let files: [(String, [UInt8])] = [
      ("nothing", []), ("version", npy(header(), version: 4)),
      ("Fortran", npy(header(order: "True"))), ("type", npy(header("'>f4'"))),
      ("structure", npy(header("[('a', '<f4')]"))), ("short", npy(header(), [0, 0])),
      ("shape", npy(header(shape: "(4294967296, 4294967296)"))),
      ("no dimension", npy(header(shape: "(-1,)"))), ("no end", npy("{'descr'")),
      ("an unknown key", npy("{'x': 1}")), ("no key", npy("{}")),
      ("no string", npy("{1: 2}")), ("no boolean", npy(header(order: "0"))),
      ("a long header", [0x93] + Array("NUMPY".utf8) + [2, 0, 0, 0, 0, 1]),
    ]
    var found = try files.map { name, bytes in
      (name: name, text: try reading(bytes) { _ = try NumPyArray(contentsOf: $0) })
    }
    found.append(
      ("no archive", try reading(Array("text".utf8)) { _ = try NPZFile(contentsOf: $0) }))
    try NPZWriter.write(images: [], shape: [0], to: path)
    let archive = try NPZFile(contentsOf: path)
    found.append(("no such array", message { _ = try archive.array("arr_1") } ?? ""))
    try writeBytes(
      TorchBytes.zip([.init(name: "a.npy", content: npy(header(shape: "()"), [0, 0, 0, 0]))]),
      to: path)
    let scalar = try NPZFile(contentsOf: path)
    found.append(
      ("no rows", message { try scalar.forEachRows(of: "a", count: 1) { _ in } } ?? ""))
    try MessageTable("numpy-files").expect(found, replacing: [path: "FILE"])
    #expect(
      "\(NumPyFault.tooLarge(bytes: 9, limit: 8))"
        == "takes 9 bytes at once (limit 8); save it in smaller arrays")
  }

  @Test func zipDirectories() throws {
    // What follows the last entry of an archive: 22 bytes, of which 12 to 20 place the directory.
    let good = Bytes.zip([
      .init(name: "a/data.pkl", content: Bytes.start + Bytes.ascii("N."))
    ])
    func changed(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
      var bytes = good
      change(&bytes)
      return bytes
    }
    let directory = good.count - 22 - 46 - "a/data.pkl".utf8.count
    let wide = [80, 75, 6, 7] + [UInt8](repeating: 0xFF, count: 16)
    let cases: [(String, [UInt8])] = [
      ("outside", changed { $0.replaceSubrange($0.count - 6..<$0.count - 2, with: [9, 9, 9, 9]) }),
      ("a count", changed { $0[$0.count - 12] = 7 }),
      ("cut entry", changed { $0[$0.count - 10] -= 1 }),
      ("no text", changed { $0[directory + 46] = 0xFF }),
      ("two sizes", changed { $0[directory + 24] += 1 }),
      ("ZIP64 outside", Array(good.dropLast(22)) + wide + good.suffix(22)),
    ]
    try MessageTable("zip-archives").expect(
      try cases.map { name, bytes in
        (name, try reading(bytes) { _ = try CheckpointFormat.open($0) })
      }, replacing: [path: "FILE"])
    let faults: [ZipFault] = [
      .directory("it takes 67108865 bytes (limit 67108864)"),
      .entry("a", reason: "has a damaged ZIP64 field"), .checksum(entry: "a/data.pkl"),
    ]
    #expect(
      faults.map { "\($0)" } == [
        "the zip directory is damaged: it takes 67108865 bytes (limit 67108864); download or save it "
          + "again",
        "the zip entry a has a damaged ZIP64 field; download or save it again",
        "the checksum of a/data.pkl does not match; damaged: download or save it again",
      ])
  }

  @Test func writing() throws {
    let one = Tensor(1)
    let cases: [(String, () throws -> Void)] = [
      ("a folder in the way", { try AtomicFile.write("", to: folder.path) }),
      ("no folder", { try AtomicFile.write("", to: folder.file("none/file")) }),
      ("a name twice", { try SafeTensorsWriter.write([("a", one), ("a", one)], to: path) }),
      ("NUL in a name", { try SafeTensorsWriter.write([("a\0b", one)], to: path) }),
      ("overflow", { try SafeTensorsWriter.write([("a", .float16(Tensor(65520)))], to: path) }),
      (
        "a shape too large",
        { _ = try SafeTensorsStream([("a", .float32, [1 << 62])], to: path) }
      ),
      (
        "elements missing",
        { try SafeTensorsStream([("a", .float32, [2])], to: path).commit() }
      ),
      (
        "a long header",
        {
          _ = try SafeTensorsWriter.header(
            [("a", .float32, [1])], metadata: ["b": "c"], path: path, limit: 40)
        }
      ),
      ("pieces too few", { try NPZWriter.write(shape: [2], to: path) { nil } }),
      ("pieces too many", { try NPZWriter.write(shape: [2], to: path) { [1, 2, 3] } }),
      ("an impossible shape", { try NPZWriter.write(shape: [1 << 62, 4], to: path) { nil } }),
      (
        "PyTorch: a key twice",
        {
          try TorchWriter.write(
            .dictionary([(key: "a", value: .none), (key: "a", value: .none)]), to: path)
        }
      ),
      (
        "PyTorch: a key of nothing",
        { try TorchWriter.write(.dictionary([(key: .none, value: .none)]), to: path) }
      ),
    ]
    try MessageTable("checkpoint-writing").expect(
      cases.map { ($0.0, message($0.1) ?? "is written") },
      replacing: [path: "FILE", folder.path: "FOLDER"])
  }

  private struct Sizes: Decodable {
    let width: Int
  }

  @Test func tensors() throws {
    try SafeTensorsWriter.write(
      [
        ("single", .float32(Tensor([1], shape: [1]))), ("long", .int64([1], shape: [1])),
      ], metadata: ["steps": "x", "list": "{}"], to: path)
    let file = try SafeTensorsFile(contentsOf: path)
    let state = StateDict(file)
    let long = safeTensors(
      #"{"a":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}}"#, data: 0)
    let other = folder.file("other")
    try writeBytes(long + [UInt8](repeating: 0xFF, count: 8), to: other)
    let cases: [(String, () throws -> Void)] = [
      (
        "another list of tensors",
        {
          let path = folder.file("stream")
          var stream = try SafeTensorsStream([("a", .float32, [1])], to: path)
          try stream.write(Tensor([1], shape: [1]))
          let sums = try JSONEncoder().encode(try stream.commit())
          let longer = String(decoding: sums, as: UTF8.self)
            .replacing(#""tensors":{"#, with: #""tensors":{"b":"0","#)
          try SafeTensorsFile(contentsOf: path).verify(
            try JSONDecoder().decode(SafeTensorsChecksums.self, from: Data(longer.utf8)))
        }
      ),
      ("no tensor", { _ = try file.tensor("singel") }),
      ("no metadata", { _ = try file.metadata("step", as: Int.self) }),
      ("metadata without a key", { _ = try file.metadata("list", as: Sizes.self) }),
      ("metadata of text", { _ = try file.metadata("steps", as: Int.self) }),
      ("no integers", { _ = try file.integers("single") }),
      ("no parts", { _ = try file.mapped("long")?.parts(0..<1) }),
      ("above Int.max", { _ = try SafeTensorsFile(contentsOf: other).integers("a") }),
      ("no prefix", { _ = try state.strippingPrefix("ema.") }),
    ]
    try MessageTable("checkpoint-tensors").expect(
      cases.map { ($0.0, message($0.1) ?? "is read") },
      replacing: [path: "FILE", other: "OTHER", folder.path: "FOLDER"])
  }
}
