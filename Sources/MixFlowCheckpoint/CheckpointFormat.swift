/// The format of a checkpoint file, told by its content.
public enum CheckpointFormat: Sendable {
  /// Hugging Face safetensors.
  case safeTensors
  /// `torch.save` of PyTorch 1.6 or later.
  case torch
  /// `torch.save` of PyTorch before 1.6.
  case torchLegacy

  /// Opens the file at `path` in whichever format it is.
  ///
  /// - Parameter path: A safetensors or PyTorch file of any name.
  /// - Returns: The open file.
  /// - Throws: ``CheckpointError``; for a file of no format, one that says what it looks like.
  public static func open(_ path: String) throws(CheckpointError) -> any TensorFile {
    switch try CheckpointFormat(of: path) {
    case .safeTensors: try SafeTensorsFile(contentsOf: path)
    case .torch, .torchLegacy: try TorchFile(contentsOf: path)
    }
  }

  /// Tells the format of the file at `path` from its first bytes.
  ///
  /// - Parameter path: A file.
  /// - Throws: ``CheckpointError/format(looksLike:file:)`` for a file of no format.
  public init(of path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    // The bytes are there as long as the file is mapped.
    defer { withExtendedLifetime(file) {} }
    let bytes = file.bytes
    // A safetensors header may be of any length, so that its brace is looked at first.
    if let length = bytes.integer(UInt64.self, at: 0), length <= SafeTensorsHeader.limit,
      bytes.count > 8, bytes[8] == UInt8(ascii: "{")
    {
      self = .safeTensors
    } else if bytes.starts(with: "PK\u{3}\u{4}".utf8) {
      self = .torch
    } else if bytes.count > 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) {
      self = .torchLegacy
    } else {
      throw CheckpointError.format(looksLike: Self.describe(bytes), file: path)
    }
  }

  /// Says what a file that is no checkpoint looks like, and the mend.
  private static func describe(_ bytes: UnsafeRawBufferPointer) -> String {
    guard !bytes.isEmpty else { return "it is empty; download or save it again" }
    for (start, text) in signatures where bytes.starts(with: start) { return text }
    let head = bytes.prefix(512)
    if head.allSatisfy({ $0 == 0 }) {
      return "it begins with zeros, as a download that did not finish; download it again"
    }
    let isText = head.allSatisfy { $0 >= 0x20 || (9...13).contains($0) }
    let start = String(decoding: head, as: UTF8.self).drop { $0.isWhitespace }.lowercased()
    if isText, start.hasPrefix("<!doctype") || start.hasPrefix("<html") {
      return "it is a web page; use the address of the file itself, not of the page about it"
    }
    if isText { return "it is text; give the checkpoint itself" }
    return "cut short or of another kind; give a .safetensors or .pt file, or download it again"
  }

  private static let signatures: [([UInt8], String)] = [
    (
      Array("version https://git-lfs".utf8),
      "it is a Git LFS pointer, not the file; run git lfs pull, or download the file"
    ),
    ([0x1F, 0x8B], "it is compressed with gzip; run gunzip on it first"),
    ([0x28, 0xB5, 0x2F, 0xFD], "it is compressed with Zstandard; run unzstd on it first"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "it is compressed with xz; run unxz on it first"),
    ([0x89, 0x48, 0x44, 0x46], "it is an HDF5 file; save the weights as safetensors"),
    ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "it is a NumPy array; save the weights as safetensors"),
    (Array("GGUF".utf8), "it is a GGUF file; save the weights as safetensors"),
    ([0x89, 0x50, 0x4E, 0x47], "it is a PNG image; give a checkpoint"),
  ]
}
