/// What keeps a NumPy array from being read.
public enum NumPyFault: Error, Equatable, Sendable {
  /// The bytes do not begin with NumPy's magic string, or end inside the header.
  case notNumPy
  /// The format version is not 1, 2 or 3.
  case version(Int, Int)
  /// The header is not the dictionary that NumPy writes.
  case header(String)
  /// The array is in column-major order.
  case fortranOrder
  /// The elements are of a type that cannot be read, as NumPy names it.
  case unsupportedType(String)
  /// A dimension is negative, or the array is larger than memory can address.
  case shape([Int])
  /// The file holds another number of bytes than the shape and type need.
  case size(needed: Int, found: Int)
  /// The array, or a row of it, is too large to be read into memory at once.
  case tooLarge(bytes: Int, limit: Int)
  /// The archive is damaged or of an unsupported kind.
  case archive(String)
}

extension NumPyFault: CustomStringConvertible {
  /// What was found, and the mend.
  public var description: String {
    switch self {
    case .notNumPy: "not a NumPy array, or cut short; download or save it again"
    case .version(let major, let minor):
      "NumPy format \(major).\(minor) is not supported; save it with numpy.save"
    case .header(let reason): "the NumPy header is damaged: \(reason); save it again"
    case .fortranOrder:
      "stored in Fortran order; save numpy.ascontiguousarray of it"
    case .unsupportedType(let name):
      "elements of type \(name) cannot be read; save it as little-endian float32 or uint8"
    case .shape(let shape): "shape \(shape) is negative or too large; save it again"
    case .size(let needed, let found):
      "needs \(needed) bytes by its shape, has \(found); cut short? download or save it again"
    case .tooLarge(let bytes, let limit):
      "takes \(bytes) bytes at once (limit \(limit)); save it in smaller arrays"
    case .archive(let reason): "not a readable zip archive: \(reason); download or save it again"
    }
  }
}
