import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// Rounding to the narrow types, held against arithmetic in double.
@Suite struct NarrowingTests {
  /// Every finite value of the type, ascending, in double.
  private func grid(_ value: (UInt16) -> Double) -> [Double] {
    (UInt16.min...UInt16.max).map(value).filter(\.isFinite).sorted()
  }

  private func store(
    _ values: [Float], _ make: (Tensor) -> StoredTensor
  ) throws -> [Float] {
    let folder = try TemporaryFolder()
    let path = folder.file("x.safetensors")
    let tensor = Tensor(values, shape: [values.count])
    try SafeTensorsWriter.write([("x", make(tensor))], to: path)
    return try SafeTensorsFile(contentsOf: path).tensor("x").array
  }

  @Test func halfSurvivesWidening() throws {
    let values = grid { Double(Float16(bitPattern: $0)) }.map(Float.init)
    #expect(try store(values) { .float16($0) } == values)
  }

  @Test func bfloat16SurvivesWidening() throws {
    let values = grid { Double(Float(bitPattern: UInt32($0) << 16)) }.map(Float.init)
    #expect(try store(values) { .bfloat16($0) } == values)
  }

  @Test func roundsTiesToEven() throws {
    // Halfway between neighbours 1 and 1 + 2^-7, then 1 + 2^-7 and 1 + 2^-6.
    let brain: [Float] = [1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1p-8 + 0x1p-20, -(1 + 0x1p-8)]
    #expect(try store(brain) { .bfloat16($0) } == [1, 1 + 0x1p-6, 1 + 0x1p-7, -1])
    let half: [Float] = [1 + 0x1p-11, 1 + 0x3p-11, 1 + 0x1p-11 + 0x1p-20, 0x1p-25]
    #expect(try store(half) { .float16($0) } == [1, 1 + 0x1p-9, 1 + 0x1p-10, 0])
  }

  @Test func halfRoundsAsSwiftDoes() throws {
    var generator = SeededGenerator(seed: 2)
    let random = (0..<50_000).map { _ in
      // Exponents around those that a half has, subnormal ones and overflows among them.
      Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()) & 0x9FFF_FFFF | 0x2000_0000)
    }
    let values = (random + [0, -0, .infinity, -.infinity, 65519.996, -65504, 0x1p-24, 0x1p-25])
      .filter { Float16($0).isFinite || $0.isInfinite }
    let expected = values.map { Float(Float16($0)).bitPattern }
    #expect(try store(values) { .float16($0) }.map(\.bitPattern) == expected)
    #expect(Set(values.map { $0.magnitude < 0x1p-14 }) == [true, false])
  }

  @Test(arguments: [Float.nan, Float(bitPattern: 0x7F80_0001), Float(bitPattern: 0xFFFF_FFFF)])
  func nansStayNaNs(value: Float) throws {
    #expect(try store([value]) { .float16($0) }[0].isNaN)
    #expect(try store([value]) { .bfloat16($0) }[0].isNaN)
  }

  @Test func everyHalfWidensAsSwiftDoes() throws {
    let folder = try TemporaryFolder()
    let header = #"{"x":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    bytes += header.utf8
    for bits in UInt16.min...UInt16.max { bytes += [UInt8(bits & 255), UInt8(bits >> 8)] }
    // The header leaves the elements at an odd address.
    #expect(!header.utf8.count.isMultiple(of: 2))
    let path = try folder.write(bytes, to: "x.safetensors")
    for (bits, value) in try SafeTensorsFile(contentsOf: path).tensor("x").array.enumerated() {
      let expected = Float(Float16(bitPattern: UInt16(bits)))
      #expect(value == expected || (value.isNaN && expected.isNaN), "\(bits)")
    }
  }

  @Test func roundsToTheNearest() throws {
    var generator = SeededGenerator(seed: 1)
    let values = (0..<20_000).map { _ in
      Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
    }
    .filter { $0.isFinite && $0.magnitude < 1e38 }
    let step = 0x1p-8
    for (value, stored) in zip(values, try store(values) { .bfloat16($0) }) {
      let error = (Double(stored) - Double(value)).magnitude
      let unit = max(Double(value).magnitude, Double(Float.leastNormalMagnitude))
      #expect(error <= step * unit)
    }
  }
}
