/// A safetensors file, mapped and validated when it is opened.
///
/// Names, shapes and metadata come from the header; elements are read when asked for. Float32
/// tensors read the mapped memory in place and keep it alive by themselves.
public struct SafeTensorsFile: TensorFile {
  private let file: MappedFile
  private let header: SafeTensorsHeader

  /// The path that was opened.
  public var path: String { file.path }
  /// The entries of `__metadata__`.
  public var metadata: [String: String] { header.metadata }
  /// The names of the tensors in the order of their data.
  public var names: [String] { header.names }

  /// Maps `path` and validates its header.
  ///
  /// - Parameter path: A file in the safetensors format.
  /// - Throws: ``CheckpointError`` if the file cannot be read or breaks the format anywhere.
  public init(contentsOf path: String) throws(CheckpointError) {
    file = try MappedFile(path: path)
    do {
      header = try SafeTensorsHeader(of: file.bytes)
    } catch {
      throw CheckpointError.safeTensors(error, file: path)
    }
  }

  /// Looks up the tensor called `name`; nil where there is none.
  public func mapped(_ name: String) -> MappedTensor? {
    header.tensors[name].map { MappedTensor(file: file, name: name, info: $0) }
  }

  /// The CRC-32C of the bytes before the first element.
  func checksumOfHeader() throws(CheckpointError) -> String {
    try file.checkSize()
    let end = names.first.flatMap { header.tensors[$0] }?.range.lowerBound ?? file.count
    return Checksum.text(of: UnsafeRawBufferPointer(rebasing: file.bytes[..<end]))
  }

  /// Gives back the memory of what was read so far, for those who read a large file once.
  public func releasePages() { file.releasePages() }
}
