/// An array of bytes in the IDX format of the MNIST family of data sets.
///
/// The file starts with two zero bytes, the type 8 (unsigned byte) and the number of dimensions;
/// each dimension follows as a big-endian 32-bit number, then the values in row-major order.
public struct IDXFile: Equatable, Sendable {
  /// The sizes of the dimensions, outermost first.
  public let dimensions: [Int]
  /// The values in row-major order.
  public let values: [UInt8]

  /// The most bytes of values that are read unless the caller allows more: 4 GiB.
  public static let defaultByteLimit = 4 << 30

  /// Creates the contents of a file.
  ///
  /// - Parameters:
  ///   - dimensions: 1 to 255 sizes, each below 2^32.
  ///   - values: As many values as the dimensions ask for.
  public init(dimensions: [Int], values: [UInt8]) {
    precondition(
      1...255 ~= dimensions.count && dimensions.allSatisfy { 0...Int(UInt32.max) ~= $0 },
      "IDX cannot store dimensions \(dimensions)")
    precondition(
      dimensions.reduce(1, *) == values.count,
      "\(values.count) values for dimensions \(dimensions)")
    self.dimensions = dimensions
    self.values = values
  }

  /// Reads a file, plain or gzip-compressed.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - byteLimit: The most bytes of values to read; checked before memory is taken for them.
  /// - Throws: `DataError` that names the file: unreadable, another format or type, cut off,
  ///   damaged, longer than its header says, or above the limit.
  public init(contentsOf path: String, byteLimit: Int = IDXFile.defaultByteLimit) throws {
    func invalid(_ reason: String) -> DataError {
      DataError.invalid(
        file: path, reason: reason,
        mend: "expected an IDX file of unsigned bytes, such as train-images-idx3-ubyte.gz; fetch "
          + "or write the file again")
    }
    let reader = try GZipReader(path: path)
    let magic = try reader.read(4)
    guard magic.count == 4, magic[0] == 0, magic[1] == 0 else {
      throw invalid("starts with bytes \(magic) instead of 0, 0, 8 and a number of dimensions")
    }
    guard magic[2] == 8 else {
      throw invalid("values have IDX type \(magic[2]), only 8 (unsigned byte) is read")
    }
    guard magic[3] > 0 else { throw invalid("has no dimensions") }
    let sizes = try reader.read(4 * Int(magic[3]))
    guard sizes.count == 4 * Int(magic[3]) else { throw invalid("ends within its header") }
    let dimensions = (0..<Int(magic[3])).map { index in
      sizes[4 * index..<4 * index + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    let count = dimensions.reduce((partialValue: 1, overflow: false)) { product, size in
      let next = product.partialValue.multipliedReportingOverflow(by: size)
      return (next.partialValue, product.overflow || next.overflow)
    }
    guard !count.overflow else { throw invalid("dimensions \(dimensions) are absurd") }
    guard count.partialValue <= byteLimit else {
      throw DataError.tooLarge(file: path, bytes: count.partialValue, limit: byteLimit)
    }
    // Deflate makes at most 1032 bytes of one, which is known before memory is taken for them.
    guard count.partialValue <= reader.fileSize.multipliedReportingOverflow(by: 1032).partialValue
    else {
      throw invalid(
        "is too short for the \(count.partialValue) values of dimensions \(dimensions)")
    }
    let values = try reader.read(count.partialValue)
    guard values.count == count.partialValue else {
      throw invalid(
        "holds \(values.count) values, its dimensions \(dimensions) ask for \(count.partialValue)")
    }
    guard try reader.read(1).isEmpty else {
      throw invalid("goes on after the \(count.partialValue) values of dimensions \(dimensions)")
    }
    self.init(dimensions: dimensions, values: values)
  }

  /// The contents of a plain file.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = [0, 0, 8, UInt8(dimensions.count)]
    bytes.reserveCapacity(4 + 4 * dimensions.count + values.count)
    for size in dimensions {
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: size >> shift)) }
    }
    return bytes + values
  }

  /// The contents of a gzip-compressed file, without time or name, so that equal data give equal
  /// bytes.
  public var gzipBytes: [UInt8] { gzip(bytes) }
}
