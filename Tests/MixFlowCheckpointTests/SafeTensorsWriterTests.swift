import Foundation
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

@Suite struct SafeTensorsWriterTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("model.safetensors")
  }

  static let mixed: [(name: String, value: StoredTensor)] = [
    ("bytes", .uint8([1, 2, 255], shape: [3])),
    ("half", .float16(Tensor([1, -0.5, 65504], shape: [3, 1]))),
    ("brain", .bfloat16(Tensor([1, -2, 3e38], shape: [3]))),
    ("single", .float32(Tensor([0.1, -0.2], shape: [1, 2]))),
    ("scalar", .float32(Tensor(7))),
    ("empty", .float32(Tensor([], shape: [0, 5]))),
    ("double", .float64([0.1, .pi], shape: [2])),
    ("long", .int64([.min, -1, .max], shape: [3])),
  ]

  @Test func roundTripsEveryType() throws {
    try SafeTensorsWriter.write(Self.mixed, metadata: ["b": "\"\\\n\u{1}é😀/", "a": ""], to: path)
    let file = try SafeTensorsFile(contentsOf: path)
    // Wider types first, otherwise as given.
    #expect(
      file.names == ["double", "long", "single", "scalar", "empty", "half", "brain", "bytes"])
    #expect(file.metadata == ["a": "", "b": "\"\\\n\u{1}é😀/"])
    #expect(try file.bytes("bytes") == [1, 2, 255])
    #expect(try file.integers("bytes") == [1, 2, 255])
    #expect(try file.tensor("half") == Tensor([1, -0.5, 65504], shape: [3, 1]))
    #expect(try file.tensor("brain").array[..<2] == [1, -2])
    #expect(try file.tensor("single") == Tensor([0.1, -0.2], shape: [1, 2]))
    #expect(try file.tensor("scalar").item == 7)
    #expect(try file.tensor("empty").shape == [0, 5])
    #expect(try file.doubles("double") == [0.1, .pi])
    #expect(try file.integers("long") == [.min, -1, .max])
    #expect(try file.info(for: "half").type == .float16)
    #expect(folder.contents == ["model.safetensors"])
  }

  @Test func writesTheSameBytesAgain() throws {
    let metadata = Dictionary(uniqueKeysWithValues: (0..<50).map { ("key\($0)", "\($0)") })
    try SafeTensorsWriter.write(Self.mixed, metadata: metadata, to: path)
    let first = try readBytes(path)
    try SafeTensorsWriter.write(Self.mixed, metadata: metadata, to: path)
    #expect(try readBytes(path) == first)
    let length = first[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length.isMultiple(of: 8))
  }

  @Test func writesTheHeaderOfTheFormat() throws {
    try SafeTensorsWriter.write(
      [(name: "w", value: Tensor([1, 2], shape: [2]))], metadata: ["k": "v"], to: path)
    let bytes = try readBytes(path)
    let expected =
      #"{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    let text = String(decoding: bytes[8..<(bytes.count - 8)], as: UTF8.self)
    #expect(text.hasPrefix(expected))
    #expect(text.dropFirst(expected.count).allSatisfy { $0 == " " })
    #expect(Array(bytes.suffix(8)) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
  }

  @Test func tensorsOutliveTheFile() throws {
    let tensor = try {
      try SafeTensorsWriter.write(
        [(name: "w", value: Tensor([1, 2, 3], shape: [3]))], to: path)
      return try SafeTensorsFile(contentsOf: path).tensor("w")
    }()
    try SafeTensorsWriter.write([(name: "w", value: Tensor([9, 9, 9], shape: [3]))], to: path)
    #expect(tensor.array == [1, 2, 3])
    var copy = tensor
    copy.withUnsafeMutableBufferPointer { $0[0] = 5 }
    #expect(copy.array == [5, 2, 3])
    #expect(tensor.array == [1, 2, 3])
  }

  @Test func refusesBadNames() {
    let one = Tensor(1)
    for names in [["a", "a"], ["__metadata__"], ["a\0b"]] {
      #expect(throws: CheckpointError.self) {
        try SafeTensorsWriter.write(names.map { (name: $0, value: one) }, to: path)
      }
    }
    #expect(folder.contents.isEmpty)
  }

  @Test func refusesOverflowAndKeepsTheOldFile() throws {
    try SafeTensorsWriter.write([(name: "w", value: Tensor(1))], to: path)
    let old = try readBytes(path)
    let cases: [(value: StoredTensor, type: String)] = [
      (.float16(Tensor(65520)), "F16"), (.bfloat16(Tensor(-.greatestFiniteMagnitude)), "BF16"),
    ]
    for (value, type) in cases {
      let error = #expect(throws: CheckpointError.self) {
        try SafeTensorsWriter.write([(name: "w", value: value)], to: path)
      }
      guard case .range("w", _, type, path) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
    #expect(try readBytes(path) == old)
    #expect(folder.contents == ["model.safetensors"])
  }

  @Test func keepsNaNAndInfinityWhenNarrowing() throws {
    let special: [Float] = [.nan, -.infinity, .infinity, Float(bitPattern: 0x7F80_0001), -0.0]
    let tensor = Tensor(special, shape: [5])
    try SafeTensorsWriter.write(
      [("half", .float16(tensor)), ("brain", .bfloat16(tensor))], to: path)
    let file = try SafeTensorsFile(contentsOf: path)
    for name in ["half", "brain"] {
      let read = try file.tensor(name).array
      #expect(read[0].isNaN && read[3].isNaN)
      #expect(read[1] == -.infinity && read[2] == .infinity)
      #expect(read[4].sign == .minus && read[4] == 0)
    }
  }
}
