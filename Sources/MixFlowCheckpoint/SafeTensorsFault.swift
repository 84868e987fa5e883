/// What breaks the safetensors format in a file.
public enum SafeTensorsFault: Error, Equatable, Sendable {
  /// The file ends before its 8-byte header length.
  case tooShort(bytes: Int)
  /// The stated header length exceeds the limit or the file.
  case headerLength(UInt64, fileSize: Int)
  /// The header does not begin with `{`, or holds bytes that are not UTF-8 text.
  case notText
  /// The header is not JSON of the expected form at `path`.
  case json(path: String, reason: String)
  /// A tensor name holds a NUL, or is empty.
  case name(String)
  /// The tensor names an element type that is not part of the format.
  case unknownType(key: String, type: String)
  /// A dimension is negative, or the tensor is larger than memory can address.
  case shape(key: String, shape: [Int])
  /// The offsets are not `[begin, end]` with `0 <= begin <= end`.
  case offsets(key: String, offsets: [Int])
  /// The shape and type of the tensor need another number of bytes than its offsets span.
  case size(key: String, needed: Int, found: Int)
  /// The tensor does not begin where the one before it ends: a hole or an overlap.
  case gap(key: String, begin: Int, expected: Int)
  /// The tensors end before or after the file does.
  case dataSize(expected: Int, found: Int)
}

extension SafeTensorsFault: CustomStringConvertible {
  /// What was found, and the mend.
  public var description: String {
    switch self {
    case .tooShort(let bytes):
      "\(bytes) bytes are too few for a safetensors file; download or save it again"
    case .headerLength(let length, let fileSize):
      """
      states a header of \(length) bytes in a file of \(fileSize) bytes (limit \
      \(SafeTensorsHeader.limit)); not a safetensors file, or cut short: download it again
      """
    case .notText:
      "the header is not JSON text; not a safetensors file, or damaged: download it again"
    case .json(let path, let reason):
      "the header is not valid\(path.isEmpty ? "" : " at '\(path)'"): \(reason); save it again"
    case .name(let name):
      "a tensor is named '\(name.debugDescription)'; rename it without NUL"
    case .unknownType(let key, let type):
      "\(key): unknown element type '\(type)'; convert the tensor to F32"
    case .shape(let key, let shape):
      "\(key): shape \(shape) is negative or too large; save it again"
    case .offsets(let key, let offsets):
      "\(key): offsets \(offsets) are not an ascending pair; save it again"
    case .size(let key, let needed, let found):
      "\(key): needs \(needed) bytes by its shape, has \(found); save it again"
    case .gap(let key, let begin, let expected):
      """
      \(key): data begins at \(begin), expected at \(expected) (overlap, hole or duplicate \
      name); save it again
      """
    case .dataSize(let expected, let found):
      "the tensors need \(expected) bytes, the file has \(found); cut short? download it again"
    }
  }
}
