import MixFlowTensor

/// A safetensors file written piece by piece, so that its tensors need not fit in memory.
///
/// All types and shapes are told at first; then the elements follow in that order. The file appears
/// whole or not at all.
///
/// ```swift
/// var file = try SafeTensorsStream([("latents", .float32, [count, 4, 32, 32])], to: path)
/// for latent in latents { try file.write(latent) }
/// try file.commit()
/// ```
public struct SafeTensorsStream: ~Copyable {
  private var file: AtomicFile
  private let path: String
  private let byteCount: Int
  private var written = 0
  private let parts: [(name: String, end: Int)]
  /// The tensor that is being written.
  private var place = 0
  private var checksum = Checksum()
  private var checksums: SafeTensorsChecksums

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - tensors: Names, each once, types and shapes; wider types first, so that each is aligned.
  ///   - metadata: The entries of `__metadata__`, written in the order of their keys.
  ///   - path: A file to create or replace; its folder must exist.
  /// - Throws: ``CheckpointError`` if the file cannot be created.
  public init(
    _ tensors: [(name: String, type: ScalarType, shape: [Int])], metadata: [String: String] = [:],
    to path: String
  ) throws(CheckpointError) {
    let widths = tensors.map(\.type.bitWidth)
    precondition(zip(widths, widths.dropFirst()).allSatisfy(>=), "types \(tensors.map(\.type))")
    try SafeTensorsWriter.checkNames(tensors.map(\.name), path: path)
    var byteCount = 0
    var parts: [(name: String, end: Int)] = []
    for (name, type, shape) in tensors {
      guard let size = TensorInfo.byteCount(of: type, shape: shape), size <= Int.max - byteCount
      else {
        throw CheckpointError.unwritable(file: path, reason: "\(name) of \(shape) is too large")
      }
      byteCount += size
      parts.append((name, byteCount))
    }
    var file = try AtomicFile(replacing: path)
    let header = try SafeTensorsWriter.header(tensors, metadata: metadata, path: path)
    try file.write(header)
    let checksum = header.withUnsafeBytes { Checksum.text(of: $0) }
    self.init(file: file, path: path, parts: parts, header: checksum)
  }

  private init(
    file: consuming AtomicFile, path: String, parts: [(name: String, end: Int)], header: String
  ) {
    self.file = file
    self.path = path
    self.parts = parts
    byteCount = parts.last?.end ?? 0
    checksums = SafeTensorsChecksums(header: header, tensors: [:])
  }

  /// Appends float32 elements.
  ///
  /// - Parameter elements: The next elements.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``.
  public mutating func write(_ elements: Tensor) throws(CheckpointError) {
    try elements.withUnsafeBufferPointer { (elements) throws(CheckpointError) in
      try write(UnsafeRawBufferPointer(elements))
    }
  }

  /// Appends 64-bit integers.
  ///
  /// - Parameter elements: The next elements.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``.
  public mutating func write(_ elements: [Int]) throws(CheckpointError) {
    try elements.withUnsafeBufferPointer { (elements) throws(CheckpointError) in
      try write(UnsafeRawBufferPointer(elements))
    }
  }

  /// Appends elements of one byte.
  ///
  /// - Parameter elements: The next elements.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``.
  public mutating func write(_ elements: [UInt8]) throws(CheckpointError) {
    try elements.withUnsafeBufferPointer { (elements) throws(CheckpointError) in
      try write(UnsafeRawBufferPointer(elements))
    }
  }

  /// Appends bytes, little-endian elements of any type.
  ///
  /// - Parameter bytes: The next elements.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    try file.write(bytes)
    count(bytes)
  }

  /// Adds bytes to the checksums of the tensors that they belong to.
  private mutating func count(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while place < parts.count, !rest.isEmpty || parts[place].end == written {
      let own = rest.prefix(parts[place].end - written)
      checksum.add(UnsafeRawBufferPointer(rebasing: own))
      written += own.count
      rest = rest.dropFirst(own.count)
      guard written == parts[place].end else { return }
      checksums.tensors[parts[place].name] = checksum.text
      (place, checksum) = (place + 1, Checksum())
    }
    written += rest.count
  }

  /// Makes the file durable and moves it to its place.
  ///
  /// - Returns: The checksums of what was written.
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``, also where more or fewer elements were
  ///   written than the shapes hold.
  @discardableResult
  public consuming func commit() throws(CheckpointError) -> SafeTensorsChecksums {
    // Tensors without elements may be all that is left.
    count(UnsafeRawBufferPointer(start: nil, count: 0))
    guard written == byteCount else {
      throw CheckpointError.unwritable(
        file: path, reason: "\(written) bytes of elements, the shapes hold \(byteCount)")
    }
    let checksums = checksums
    try file.commit()
    return checksums
  }
}
