/// The string literals of a Swift source, found without a compiler.
struct StringLiterals {
  /// One literal, or several that `+` joins.
  struct Literal {
    /// The line where it begins, from 1.
    let line: Int
    /// The runs of text between its interpolations, each space and line break as one space.
    fileprivate(set) var pieces: [String]
    /// The names before the parentheses in which it stands, such as `precondition`.
    let calls: [String]
  }

  /// In the order of their ends.
  private(set) var literals: [Literal] = []
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  /// Reads a source that compiles.
  init(of source: String) {
    bytes = Array(source.utf8)
    readCode(in: [], toClosingParenthesis: false)
  }

  private func starts(with text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes[position...].starts(with: $0) }
  }

  private mutating func advance(by count: Int = 1) {
    for byte in bytes[position...].prefix(count) where byte == UInt8(ascii: "\n") { line += 1 }
    position = min(bytes.count, position + count)
  }

  private mutating func skip(while isSkipped: (UInt8) -> Bool) {
    while position < bytes.count, isSkipped(bytes[position]) { advance() }
  }

  /// Reads code to its end, or past the parenthesis that closes an interpolation.
  private mutating func readCode(in outer: [String], toClosingParenthesis: Bool) {
    var calls: [String] = []
    var last = ""
    // Where the literal lies that a `+` would join the next one to.
    var joined: Int?
    while position < bytes.count {
      let byte = bytes[position]
      if starts(with: "//") {
        skip { $0 != UInt8(ascii: "\n") }
      } else if Self.isSpace(byte) {
        advance()
      } else if byte == UInt8(ascii: "\"") || starts(with: "#\"") || starts(with: "##\"") {
        let first = literals.count
        let literal = readLiteral(in: outer + calls)
        if let place = joined, last == "+", literals.count == first {
          literals[place].join(literal)
        } else {
          literals.append(literal)
          joined = literals.count - 1
        }
        last = "literal"
      } else if byte == UInt8(ascii: "/"), Self.beforeRegex.contains(last) {
        readRegex()
        (last, joined) = ("regex", nil)
      } else if Self.isWord(byte) {
        let start = position
        skip(while: Self.isWord)
        (last, joined) = (String(decoding: bytes[start..<position], as: UTF8.self), nil)
      } else {
        if byte == UInt8(ascii: "(") { calls.append(last) }
        if byte == UInt8(ascii: ")"), calls.popLast() == nil, toClosingParenthesis {
          return advance()
        }
        if byte != UInt8(ascii: "+") { joined = nil }
        last = String(UnicodeScalar(byte))
        advance()
      }
    }
  }

  private static let beforeRegex: Set<String> = ["(", "=", ",", "[", ":", "return", "in"]

  private mutating func readRegex() {
    advance()
    while position < bytes.count, !starts(with: "/"), !starts(with: "\n") {
      advance(by: starts(with: "\\") ? 2 : 1)
    }
    advance()
  }

  private mutating func readLiteral(in calls: [String]) -> Literal {
    let begin = line
    var hashes = 0
    while starts(with: "#") {
      hashes += 1
      advance()
    }
    let isLong = starts(with: "\"\"\"")
    let quotes = [UInt8](repeating: UInt8(ascii: "\""), count: isLong ? 3 : 1)
    let marks = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
    let (end, escape) = (quotes + marks, [UInt8(ascii: "\\")] + marks)
    advance(by: quotes.count)
    var pieces: [[UInt8]] = [[]]
    while position < bytes.count, !bytes[position...].starts(with: end) {
      guard bytes[position...].starts(with: escape) else {
        pieces[pieces.count - 1].append(bytes[position])
        advance()
        continue
      }
      advance(by: escape.count)
      if starts(with: "(") {
        advance()
        readCode(in: calls, toClosingParenthesis: true)
        pieces.append([])
      } else if starts(with: "\n") {
        // The line goes on in the next one, without what indents that.
        skip(while: Self.isSpace)
      } else {
        pieces[pieces.count - 1] +=
          starts(with: "n") || starts(with: "t") ? [0x20] : [bytes[position]]
        advance()
      }
    }
    advance(by: end.count)
    return Literal(
      line: begin, pieces: pieces.map { plain(String(decoding: $0, as: UTF8.self)) }, calls: calls)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x09
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }
}

extension StringLiterals.Literal {
  fileprivate mutating func join(_ next: Self) {
    pieces[pieces.count - 1] = plain(pieces[pieces.count - 1] + next.pieces[0])
    pieces += next.pieces.dropFirst()
  }
}

/// Returns a text with each run of white space as one space.
func plain(_ text: String) -> String {
  var result: [UInt8] = []
  for byte in text.utf8 {
    let isSpace = byte == 0x20 || byte == 0x0A || byte == 0x09
    if !isSpace { result.append(byte) } else if result.last != 0x20 { result.append(0x20) }
  }
  return String(decoding: result, as: UTF8.self)
}
