/// Reads JSON token by token from bytes that are known to be UTF-8.
struct JSONScanner {
  /// The deepest nesting of a value that is skipped.
  private static let depthLimit = 128

  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Reads an object and passes each key to `body`, which reads the value.
  mutating func members(
    _ body: (inout JSONScanner, String) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    guard take("{") else { throw JSONFault("expected an object \(place)") }
    guard !take("}") else { return }
    repeat {
      let key = try string(of: "")
      guard take(":") else { throw JSONFault("expected ':' \(place)", at: key) }
      try body(&self, key)
    } while take(",")
    guard take("}") else { throw JSONFault("expected ',' or '}' \(place)") }
  }

  /// Reads `null` if it comes next.
  mutating func takeNull() -> Bool { takeWord("null") }

  /// Throws where something follows.
  mutating func expectEnd() throws(JSONFault) {
    skipSpace()
    guard position == bytes.count else { throw JSONFault("text follows its end \(place)") }
  }

  /// Reads a list of at most `limit` integers, the value of `key`.
  mutating func integers(of key: String, limit: Int) throws(JSONFault) -> [Int] {
    guard take("[") else { throw JSONFault("expected a list", at: key) }
    var integers: [Int] = []
    guard !take("]") else { return integers }
    repeat {
      guard integers.count < limit else {
        throw JSONFault("holds more than \(limit) numbers", at: key)
      }
      integers.append(try integer(of: key))
    } while take(",")
    guard take("]") else { throw JSONFault("expected ',' or ']' \(place)", at: key) }
    return integers
  }

  private mutating func integer(of key: String) throws(JSONFault) -> Int {
    skipSpace()
    let text = number()
    let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
    // JSON has no leading zeros, and Int's own parser would take a plus sign.
    guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1,
      first != UInt8(ascii: "+"), let value = Int(String(decoding: text, as: UTF8.self))
    else { throw JSONFault("expected an integer of 64 bits \(place)", at: key) }
    position += text.count
    return value
  }

  /// The bytes that may belong to a number, from here.
  private func number() -> UnsafeRawBufferPointer.SubSequence {
    bytes[position...].prefix { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
    }
  }

  /// Reads a string, the value of `key`.
  mutating func string(of key: String) throws(JSONFault) -> String {
    guard take("\"") else { throw JSONFault("expected String", at: key) }
    var text: [UInt8] = []
    var start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        position += 1
        guard !text.isEmpty else { return String(decoding: rest, as: UTF8.self) }
        text.append(contentsOf: rest)
        return String(decoding: text, as: UTF8.self)
      }
      guard byte >= 0x20 else { throw JSONFault("a control character in text \(place)", at: key) }
      guard byte == UInt8(ascii: "\\") else {
        position += 1
        continue
      }
      text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
      try escape(into: &text, key)
      start = position
    }
    throw JSONFault("text without end", at: key)
  }

  /// Reads an escape sequence from its backslash on.
  private mutating func escape(into text: inout [UInt8], _ key: String) throws(JSONFault) {
    if let byte = Self.short(escape: bytes.integer(UInt8.self, at: position + 1) ?? 0) {
      position += 2
      return text.append(byte)
    }
    guard var value = hexadecimal(at: position) else {
      throw JSONFault("an unknown escape \(place)", at: key)
    }
    position += 6
    if (0xD800..<0xDC00).contains(value), let second = hexadecimal(at: position),
      (0xDC00..<0xE000).contains(second)
    {
      position += 6
      value = 0x1_0000 + (value - 0xD800) << 10 + second - 0xDC00
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw JSONFault("half of a surrogate pair \(place)", at: key)
    }
    if scalar.isASCII {
      text.append(UInt8(truncatingIfNeeded: value))
    } else {
      text.append(contentsOf: String(scalar).utf8)
    }
  }

  /// The byte that a letter after a backslash stands for.
  private static func short(escape letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
    case UInt8(ascii: "b"): 8
    case UInt8(ascii: "f"): 0xC
    case UInt8(ascii: "n"): 0xA
    case UInt8(ascii: "r"): 0xD
    case UInt8(ascii: "t"): 9
    default: nil
    }
  }

  /// The number of an escape `\uXXXX` at a place, or nil where there is none.
  private func hexadecimal(at place: Int) -> UInt32? {
    guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"),
      bytes[place + 1] == UInt8(ascii: "u")
    else { return nil }
    var value: UInt32 = 0
    for digit in bytes[place + 2..<place + 6] {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(digit - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(digit - 0x57)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(digit - 0x37)
      default: return nil
      }
    }
    return value
  }

  /// Reads any value, the value of `key`, and forgets it.
  mutating func skipValue(of key: String, depth: Int = 0) throws(JSONFault) {
    guard depth < Self.depthLimit else { throw JSONFault("nested too deeply", at: key) }
    skipSpace()
    switch bytes.integer(UInt8.self, at: position) {
    case UInt8(ascii: "{"):
      try members { (scanner, inner) throws(JSONFault) in
        try scanner.skipValue(of: inner, depth: depth + 1)
      }
    case UInt8(ascii: "["):
      _ = take("[")
      guard !take("]") else { return }
      repeat { try skipValue(of: key, depth: depth + 1) } while take(",")
      guard take("]") else { throw JSONFault("expected ',' or ']' \(place)", at: key) }
    case UInt8(ascii: "\""): _ = try string(of: key)
    default:
      if takeWord("true") || takeWord("false") || takeWord("null") { return }
      let text = number()
      guard !text.isEmpty, Double(String(decoding: text, as: UTF8.self)) != nil else {
        throw JSONFault("expected a value \(place)", at: key)
      }
      position += text.count
    }
  }

  // MARK: Tokens

  private mutating func skipSpace() {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 9 || byte == 0xA || byte == 0xD else { return }
      position += 1
    }
  }

  private mutating func take(_ token: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: token) else { return false }
    position += 1
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private var place: String { "at byte \(position) of the header" }
}

/// What keeps a text from being the JSON that is expected, and the keys that lead there.
struct JSONFault: Error {
  let path: String
  let reason: String

  init(_ reason: String, at path: String = "") {
    self.path = path
    self.reason = reason
  }

  /// The fault as seen from above `key`.
  func below(_ key: String) -> JSONFault {
    JSONFault(reason, at: path.isEmpty ? key : "\(key).\(path)")
  }
}
