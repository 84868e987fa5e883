import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// A file that breaks one rule of the format, and the fault that must be found.
struct BadFile: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let isExpected: @Sendable (SafeTensorsFault) -> Bool

  init(
    _ name: String, _ bytes: [UInt8], _ isExpected: @escaping @Sendable (SafeTensorsFault) -> Bool
  ) {
    testDescription = name
    self.bytes = bytes
    self.isExpected = isExpected
  }

  init(_ name: String, _ bytes: [UInt8], _ fault: SafeTensorsFault) {
    self.init(name, bytes) { $0 == fault }
  }
}

/// Returns a file with `header` and `data` bytes of zeros.
func safeTensors(_ header: String, data: Int = 0) -> [UInt8] {
  safeTensors(Array(header.utf8), data: data)
}

func safeTensors(_ header: [UInt8], data: Int = 0) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    + [UInt8](repeating: 0, count: data)
}

/// Returns a header of one tensor `a`.
private func one(
  type: String = "F32", shape: String = "[2]", offsets: String = "[0,8]"
) -> String {
  #"{"a":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
}

/// Returns so many ones.
private func ones(_ count: Int) -> String {
  [String](repeating: "1", count: count).joined(separator: ",")
}

private func two(_ first: String, _ second: String) -> String {
  """
  {"a":{"dtype":"U8","shape":[4],"data_offsets":\(first)},\
  "b":{"dtype":"U8","shape":[4],"data_offsets":\(second)}}
  """
}

@Sendable private func isJSON(_ fault: SafeTensorsFault) -> Bool {
  if case .json = fault { true } else { false }
}

@Suite struct SafeTensorsAdversarialTests {
  static let huge = "9223372036854775807"

  static let bad: [BadFile] = [
    BadFile("empty", [], .tooShort(bytes: 0)),
    BadFile("seven bytes", [1, 2, 3, 4, 5, 6, 7], .tooShort(bytes: 7)),
    BadFile("length beyond file", [9, 0, 0, 0, 0, 0, 0, 0, 0x7B], .headerLength(9, fileSize: 9)),
    BadFile(
      "length of all ones", [UInt8](repeating: 0xFF, count: 16),
      .headerLength(.max, fileSize: 16)),
    BadFile(
      "length above the limit",
      withUnsafeBytes(of: UInt64(100_000_001).littleEndian) { Array($0) } + [0x7B, 0x7D],
      .headerLength(100_000_001, fileSize: 10)),
    BadFile("no header", safeTensors(""), .notText),
    BadFile("no brace", safeTensors(" {}"), .notText),
    BadFile("an array", safeTensors("[]"), .notText),
    BadFile("byte order mark", safeTensors("\u{FEFF}{}"), .notText),
    BadFile("not UTF-8", safeTensors([0x7B, 0x22, 0xFF, 0x22, 0x7D]), .notText),
    BadFile("UTF-16", safeTensors([0x7B, 0, 0x7D, 0]), .notText),
    BadFile("padded with NUL", safeTensors(Array("{}".utf8) + [0, 0]), .notText),
    BadFile("cut JSON", safeTensors(#"{"a":"#), isJSON),
    BadFile("text after JSON", safeTensors("{} x"), isJSON),
    BadFile("entry is a number", safeTensors(#"{"a":1}"#), isJSON),
    BadFile("entry is null", safeTensors(#"{"a":null}"#), isJSON),
    BadFile("no dtype", safeTensors(#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, data: 4), isJSON),
    BadFile("no shape", safeTensors(#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#), isJSON),
    BadFile("no offsets", safeTensors(#"{"a":{"dtype":"F32","shape":[1]}}"#), isJSON),
    BadFile(
      "dtype is a number",
      safeTensors(#"{"a":{"dtype":1,"shape":[0],"data_offsets":[0,0]}}"#),
      .json(path: "a.dtype", reason: "expected String")),
    BadFile("fractional size", safeTensors(one(shape: "[1.5]"), data: 8), isJSON),
    BadFile("size of text", safeTensors(one(shape: #"["2"]"#), data: 8), isJSON),
    BadFile("size beyond 64 bits", safeTensors(one(shape: "[1\(huge)]"), data: 8), isJSON),
    BadFile("size in exponents", safeTensors(one(shape: "[1e400]"), data: 8), isJSON),
    BadFile(
      "deep nesting", safeTensors(#"{"a":"# + String(repeating: "[", count: 100_000)), isJSON),
    BadFile("65 dimensions", safeTensors(one(shape: "[\(ones(65))]", offsets: "[0,4]"), data: 4)) {
      $0 == .json(path: "a.shape", reason: "holds more than 64 numbers")
    },
    BadFile("a million sizes", safeTensors(one(shape: "[\(ones(1_000_000))]"), data: 4), isJSON),
    BadFile(
      "deep unknown field",
      safeTensors(#"{"a":{"x":"# + String(repeating: #"{"x":"#, count: 100_000)), isJSON),
    BadFile(
      "deep unknown list",
      safeTensors(#"{"a":{"x":"# + String(repeating: "[", count: 100_000)), isJSON),
    BadFile("half an escape", safeTensors(#"{"\u00"#), isJSON),
    BadFile("unknown escape", safeTensors(#"{"\x":{}}"#), isJSON),
    BadFile("control character", safeTensors("{\"a\u{1}\":{}}"), isJSON),
    BadFile("trailing comma", safeTensors(#"{"a":{},}"#), isJSON),
    BadFile("no colon", safeTensors(#"{"a" {}}"#), isJSON),
    BadFile("leading zero", safeTensors(one(shape: "[02]"), data: 8), isJSON),
    BadFile("plus sign", safeTensors(one(shape: "[+2]"), data: 8), isJSON),
    BadFile("minus alone", safeTensors(one(shape: "[-]"), data: 8), isJSON),
    BadFile("whole fraction", safeTensors(one(shape: "[2.0]"), data: 8), isJSON),
    BadFile(
      "a field twice",
      safeTensors(#"{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#),
      .json(path: "a.dtype", reason: "given twice")),
    BadFile(
      "an empty tensor twice",
      safeTensors(
        two("[0,0]", "[0,0]").replacing("\"b\"", with: "\"a\"").replacing("[4]", with: "[0]")),
      .json(path: "a", reason: "given twice")),
    BadFile(
      "metadata twice", safeTensors(#"{"__metadata__":{"k":"","k":""}}"#),
      .json(path: "__metadata__.k", reason: "given twice")),
    BadFile(
      "too much metadata",
      safeTensors(
        #"{"__metadata__":{"# + (0...1 << 20).map { #""\#($0)":"""# }.joined(separator: ",") + "}}"),
      .json(path: "__metadata__", reason: "more than 1048576 entries")),
    BadFile("lone surrogate", safeTensors(#"{"\ud800":{}}"#), isJSON),
    BadFile(
      "metadata of numbers", safeTensors(#"{"__metadata__":{"step":3}}"#),
      .json(path: "__metadata__.step", reason: "expected String")),
    BadFile("metadata is text", safeTensors(#"{"__metadata__":"x"}"#), isJSON),
    BadFile(
      "NUL in a name",
      safeTensors(#"{"\u0000":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#),
      .name("\0")),
    BadFile(
      "unknown type", safeTensors(one(type: "F33"), data: 8), .unknownType(key: "a", type: "F33")),
    BadFile(
      "type in lower case", safeTensors(one(type: "f32"), data: 8),
      .unknownType(key: "a", type: "f32")),
    BadFile(
      "negative size", safeTensors(one(shape: "[-2]"), data: 8), .shape(key: "a", shape: [-2])),
    BadFile(
      "negative sizes whose product fits", safeTensors(one(shape: "[-1,-2]"), data: 8),
      .shape(key: "a", shape: [-1, -2])),
    BadFile(
      "overflowing product", safeTensors(one(shape: "[4294967296,4294967296]"), data: 8),
      .shape(key: "a", shape: [1 << 32, 1 << 32])),
    BadFile(
      "overflow hidden by zero", safeTensors(one(shape: "[0,\(huge),\(huge)]", offsets: "[0,0]")),
      .shape(key: "a", shape: [0, .max, .max])),
    BadFile(
      "overflow by element size", safeTensors(one(shape: "[\(huge)]"), data: 8),
      .shape(key: "a", shape: [.max])),
    BadFile(
      "half a byte", safeTensors(one(type: "F4", shape: "[3]", offsets: "[0,2]"), data: 2),
      .shape(key: "a", shape: [3])),
    BadFile(
      "begin after end", safeTensors(one(offsets: "[8,0]"), data: 8),
      .offsets(key: "a", offsets: [8, 0])),
    BadFile(
      "negative offset", safeTensors(one(offsets: "[-8,0]"), data: 8),
      .offsets(key: "a", offsets: [-8, 0])),
    BadFile(
      "three offsets", safeTensors(one(offsets: "[0,8,8]"), data: 8),
      .offsets(key: "a", offsets: [0, 8, 8])),
    BadFile(
      "no offsets in the list", safeTensors(one(offsets: "[]")), .offsets(key: "a", offsets: [])),
    BadFile("offset near the end of Int", safeTensors(one(offsets: "[0,\(huge)]"), data: 8)) {
      $0 == .offsets(key: "a", offsets: [0, .max])
    },
    BadFile(
      "too few bytes for the shape", safeTensors(one(offsets: "[0,4]"), data: 4),
      .size(key: "a", needed: 8, found: 4)),
    BadFile(
      "too many bytes for the shape", safeTensors(one(offsets: "[0,9]"), data: 9),
      .size(key: "a", needed: 8, found: 9)),
    BadFile("beyond the file", safeTensors(one(), data: 7), .dataSize(expected: 8, found: 7)),
    BadFile("trailing bytes", safeTensors(one(), data: 9), .dataSize(expected: 8, found: 9)),
    BadFile("trailing bytes alone", safeTensors("{}", data: 1), .dataSize(expected: 0, found: 1)),
    BadFile(
      "hole at the start", safeTensors(one(offsets: "[8,16]"), data: 16),
      .gap(key: "a", begin: 8, expected: 0)),
    BadFile(
      "hole between", safeTensors(two("[0,4]", "[5,9]"), data: 9),
      .gap(key: "b", begin: 5, expected: 4)),
    BadFile(
      "overlap", safeTensors(two("[0,4]", "[2,6]"), data: 6),
      .gap(key: "b", begin: 2, expected: 4)),
    BadFile(
      "the same bytes twice", safeTensors(two("[0,4]", "[0,4]"), data: 4),
      .gap(key: "b", begin: 0, expected: 4)),
    BadFile(
      "duplicate name",
      safeTensors(two("[0,4]", "[4,8]").replacing("\"b\"", with: "\"a\""), data: 8)
    ) {
      switch $0 {
      case .gap, .dataSize, .json: true
      default: false
      }
    },
  ]

  @Test(arguments: bad)
  func refuses(_ bad: BadFile) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("bad.safetensors")
    try writeBytes(bad.bytes, to: path)
    let error = #expect(throws: CheckpointError.self) { try SafeTensorsFile(contentsOf: path) }
    guard case .safeTensors(let fault, file: path) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(bad.isExpected(fault), "\(fault)")
    let message = error?.description ?? ""
    #expect(message.hasPrefix(path) && message.contains(";"))
    #expect(!message.contains("\n") && !message.contains("\0"))
  }

  @Test(arguments: [
    ("no tensors", safeTensors("{}"), []),
    ("spaces after", safeTensors("{}      "), []),
    ("no metadata", safeTensors(#"{"__metadata__":null}"#), []),
    ("unknown fields", safeTensors(one(type: "U8\",\"x\":\"", offsets: "[0,2]"), data: 2), ["a"]),
    (
      "unknown values",
      safeTensors(
        #"{ "a" : {"x":[1,-2.5e+3,{"y":[true,null]},""],"dtype":"U8","shape":[ ],"#
          + #""data_offsets":[0 , 1]}}"#, data: 1), ["a"]
    ),
    (
      "escapes",
      safeTensors(
        #"{"\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00é":{"dtype":"U8","shape":[1],"#
          + #""data_offsets":[0,1]}}"#, data: 1), ["\"\\/\u{8}\u{C}\n\r\t\u{E9}€😀é"]
    ),
    ("zero size", safeTensors(one(shape: "[3,0]", offsets: "[0,0]")), ["a"]),
    ("scalar", safeTensors(one(shape: "[]", offsets: "[0,4]"), data: 4), ["a"]),
    ("data out of order", safeTensors(two("[4,8]", "[0,4]"), data: 8), ["b", "a"]),
  ])
  func accepts(name: String, bytes: [UInt8], names: [String]) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("good.safetensors")
    try writeBytes(bytes, to: path)
    let file = try SafeTensorsFile(contentsOf: path)
    #expect(file.names == names)
    for name in file.names { _ = try file.tensor(name) }
  }

  @Test func readsMisalignedFloats() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("odd.safetensors")
    let data: [UInt8] = [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0]
    for padding in 0..<8 {
      let header = one() + String(repeating: " ", count: padding)
      try writeBytes(safeTensors(header) + data, to: path)
      #expect(try SafeTensorsFile(contentsOf: path).tensor("a").array == [1.5, -2])
    }
  }

  @Test(arguments: ["F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"])
  func listsButDoesNotReadEightBitFloats(type: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("fp8.safetensors")
    try writeBytes(safeTensors(one(type: type, offsets: "[0,2]"), data: 2), to: path)
    let file = try SafeTensorsFile(contentsOf: path)
    let scalar = try file.info(for: "a").type
    #expect(scalar.rawValue == type)
    #expect(throws: CheckpointError.type(key: "a", found: scalar, wanted: "float32", file: path)) {
      try file.tensor("a")
    }
    #expect(throws: CheckpointError.self) { try file.doubles("a") }
    #expect(throws: CheckpointError.self) { try file.integers("a") }
    #expect(try file.bytes("a") == [0, 0])
  }

  @Test func refusesUnsignedBeyondInt() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("u64.safetensors")
    let bytes = safeTensors(one(type: "U64", shape: "[1]")) + [UInt8](repeating: 0xFF, count: 8)
    try writeBytes(bytes, to: path)
    let file = try SafeTensorsFile(contentsOf: path)
    #expect(try file.doubles("a") == [0x1p64])
    let error = #expect(throws: CheckpointError.self) { try file.integers("a") }
    #expect(error?.description.contains("18446744073709551615") == true)
  }

  @Test func noticesTruncationAfterOpening() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("cut.safetensors")
    let bytes = safeTensors(one(), data: 8)
    try writeBytes(bytes, to: path)
    let file = try SafeTensorsFile(contentsOf: path)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 20)
    try handle.close()
    let expected = CheckpointError.truncated(file: path, size: 20, opened: bytes.count)
    #expect(throws: expected) { try file.tensor("a") }
    #expect(throws: expected) { try file.bytes("a") }
  }

  /// A pipe that nobody writes to is not waited for.
  @Test func refusesPipes() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let expected = CheckpointError.unreadable(file: path, reason: "not a regular file")
    #expect(throws: expected) { try CheckpointFormat.open(path) }
    #expect(throws: expected) { try NPZFile(contentsOf: path) }
    #expect(throws: expected) { try NumPyArray(contentsOf: path) }
  }

  @Test func refusesWhatIsNoFile() throws {
    let folder = try TemporaryFolder()
    let missing = folder.file("missing.safetensors")
    #expect(
      throws: CheckpointError.unreadable(file: missing, reason: "No such file or directory")
    ) { try SafeTensorsFile(contentsOf: missing) }
    for path in [folder.path, "/dev/null", ""] {
      #expect(throws: CheckpointError.self) { try SafeTensorsFile(contentsOf: path) }
    }
  }

  @Test func suggestsTheNearestName() throws {
    let file = try Fixtures.file("models/sit_ls/weights")
    let error = #expect(throws: CheckpointError.self) {
      try file.tensor("blocks.0.attn.qkv.weigth")
    }
    #expect(error?.description.contains("Did you mean 'blocks.0.attn.qkv.weight'") == true)
  }
}
