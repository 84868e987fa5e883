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
    for (name, type, shape) in tensors {
      guard let size = TensorInfo.byteCount(of: type, shape: shape), size <= Int.max - byteCount
      else {
        throw CheckpointError.unwritable(file: path, reason: "\(name) of \(shape) is too large")
      }
      byteCount += size
    }
    var file = try AtomicFile(replacing: path)
    try file.write(SafeTensorsWriter.header(tensors, metadata: metadata, path: path))
    self.init(file: file, path: path, byteCount: byteCount)
  }

  private init(file: consuming AtomicFile, path: String, byteCount: Int) {
    self.file = file
    self.path = path
    self.byteCount = byteCount
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
    written += bytes.count
  }

  /// Makes the file durable and moves it to its place.
  ///
  /// - Throws: ``CheckpointError/unwritable(file:reason:)``, also where more or fewer elements were
  ///   written than the shapes hold.
  public consuming func commit() throws(CheckpointError) {
    guard written == byteCount else {
      throw CheckpointError.unwritable(
        file: path, reason: "\(written) bytes of elements, the shapes hold \(byteCount)")
    }
    try file.commit()
  }
}
