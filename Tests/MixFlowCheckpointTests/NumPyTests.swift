import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

@Suite struct NumPyTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("array.npy")
  }

  /// Returns a `.npy` file of the given version.
  private func npy(_ dictionary: String, data: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
    let length = dictionary.utf8.count
    let width = version == 1 ? 2 : 4
    let lengthBytes = (0..<width).map { UInt8(length >> (8 * $0) & 0xFF) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + lengthBytes + Array(dictionary.utf8) + data
  }

  private func dictionary(
    _ type: String = "'<f4'", fortran: String = "False", shape: String = "(1,)"
  ) -> String {
    "{'descr': \(type), 'fortran_order': \(fortran), 'shape': \(shape), }\n"
  }

  @Test func roundTrips() throws {
    let arrays = [
      NumPyArray(bytes: [1, 2, 3, 4, 5, 6], shape: [1, 2, 3]),
      NumPyArray(Tensor([0.5, -1], shape: [2])), NumPyArray(doubles: [.pi], shape: []),
      NumPyArray(bytes: [], shape: [0, 4]),
    ]
    for array in arrays {
      try array.write(to: path)
      #expect(try NumPyArray(contentsOf: path) == array)
      #expect(try readBytes(path).count.isMultiple(of: 64) == array.bytes.isEmpty)
    }
    #expect(arrays[0].integers == [1, 2, 3, 4, 5, 6])
    #expect(arrays[1].tensor.array == [0.5, -1])
    #expect(arrays[1].integers == nil)
    #expect(arrays[2].doubles == [Double.pi])
  }

  @Test(arguments: [UInt8(1), 2, 3])
  func readsEachVersion(version: UInt8) throws {
    try writeBytes(npy(dictionary(), data: [0, 0, 0xC0, 0x3F], version: version), to: path)
    #expect(try NumPyArray(contentsOf: path).tensor == Tensor([1.5], shape: [1]))
  }

  @Test(arguments: [
    ("'|b1'", [UInt8(1)], 1.0), ("'|u1'", [200], 200), ("'|i1'", [0xFF], -1),
    ("'<i2'", [0, 1], 256),
    ("'<u2'", [0, 0x80], 32768), ("'<i4'", [0xFE, 0xFF, 0xFF, 0xFF], -2),
    ("'<f2'", [0, 0x3C], 1), ("\"<f4\"", [0, 0, 0x80, 0x3F], 1),
    ("'<i8'", [5, 0, 0, 0, 0, 0, 0, 0], 5), ("'<f8'", [0, 0, 0, 0, 0, 0, 0xF0, 0x3F], 1),
  ])
  func readsEachType(type: String, data: [UInt8], value: Double) throws {
    try writeBytes(npy(dictionary(type), data: data), to: path)
    #expect(try NumPyArray(contentsOf: path).doubles == [value])
  }

  @Test func refusesWhatItCannotRead() throws {
    let cases: [(bytes: [UInt8], fault: NumPyFault?)] = [
      ([], .notNumPy), (Array("PK\u{3}\u{4}aaaaaaaa".utf8), .notNumPy),
      (Array(npy(dictionary()).prefix(30)), .notNumPy),
      (npy(dictionary(), version: 4), .version(4, 0)),
      (npy(dictionary(fortran: "True"), data: [0, 0, 0, 0]), .fortranOrder),
      (npy(dictionary("'>f4'"), data: [0, 0, 0, 0]), .unsupportedType(">f4")),
      (npy(dictionary("'|O'")), .unsupportedType("|O")),
      (npy(dictionary("'<U5'")), .unsupportedType("<U5")),
      (npy(dictionary("[('a', '<f4')]")), .unsupportedType("structured")),
      (npy(dictionary("''")), .unsupportedType("")),
      (npy(dictionary(), data: [0, 0]), .size(needed: 4, found: 2)),
      (npy(dictionary(), data: [0, 0, 0, 0, 0]), .size(needed: 4, found: 5)),
      (
        npy(dictionary(shape: "(4294967296, 4294967296)")),
        .shape([1 << 32, 1 << 32])
      ),
      (npy(dictionary(shape: "(-1,)")), nil), (npy(dictionary(shape: "(1")), nil),
      (npy(dictionary(shape: "(99999999999999999999,)")), nil), (npy("{}"), nil),
      (npy("{'descr': '<f4'}"), nil), (npy("{'descr': '<f4', 'descr': '<f4'}"), nil),
      (npy("{'x': 1}"), nil), (npy("{'descr"), nil), (npy(""), nil),
    ]
    for (bytes, fault) in cases {
      try writeBytes(bytes, to: path)
      let error = #expect(throws: CheckpointError.self) { try NumPyArray(contentsOf: path) }
      guard case .numPy(let found, array: nil, file: path) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      if let fault {
        #expect(found == fault)
      } else if case .header = found {
      } else {
        Issue.record("\(found)")
      }
    }
  }

  @Test func noMutationTraps() throws {
    let valid = npy(dictionary(shape: "(2, 1)"), data: [UInt8](repeating: 1, count: 8))
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<3000 {
      try writeBytes(SafeTensorsFuzzTests.mutate(valid, using: &generator), to: path)
      if let array = try? NumPyArray(contentsOf: path) {
        _ = array.tensor
        _ = array.integers
      }
    }
  }
}
