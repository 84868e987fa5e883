extension PickleValue {
  /// The key of a dictionary as text, or nil for what is neither text nor a number.
  var key: String? {
    switch self {
    case .string(let text): text
    case .int, .bool, .nothing, .float: scalarText
    default: nil
    }
  }

  /// The value as Python prints it, or nil for containers and tensors.
  var scalarText: String? {
    switch self {
    case .nothing: "None"
    case .bool(let value): value ? "True" : "False"
    case .int(let value): "\(value)"
    case .longInt(let bytes):
      "0x"
        + bytes.reversed().map { byte in
          (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    case .float(let value): "\(value)"
    case .string(let text): text
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .global(.scalarType(let type)): "torch.\(type.torchName ?? type.rawValue)"
    case .global: "class"
    case .object, .tensor, .storage: nil
    }
  }
}

extension PickleHeap {
  /// The most items that the text of a list shows.
  private static let shownItems = 64

  /// Returns a list of plain values as Python prints it, or nil where it holds something else.
  func text(of object: PickleObject) -> String? {
    guard !object.isKeyed else { return nil }
    var items: [String] = []
    for value in object.values {
      guard let text = value.scalarText else { return nil }
      guard items.count < Self.shownItems else { continue }
      if case .string = value { items.append("'\(text)'") } else { items.append(text) }
    }
    if object.values.count > Self.shownItems {
      items.append("… \(object.values.count - Self.shownItems) more")
    }
    let text = items.joined(separator: ", ")
    switch object.kind {
    case .tuple: return object.values.count == 1 ? "(\(text),)" : "(\(text))"
    case .set: return "{\(text)}"
    default: return "[\(text)]"
    }
  }
}
