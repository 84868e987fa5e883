/// The Python literal in a `.npy` header, such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
struct NumPyDictionary {
  private(set) var typeName = ""
  private(set) var fortranOrder = false
  private(set) var shape: [Int] = []

  /// Parses `text`, in which each of the three keys appears once.
  init(_ text: [UInt8]) throws(NumPyFault) {
    var scanner = Scanner(text)
    var missing: Set<String> = ["descr", "fortran_order", "shape"]
    try scanner.expect("{")
    while !scanner.take("}") {
      let key = try scanner.string()
      guard missing.remove(key) != nil else { throw NumPyFault.header("unexpected key '\(key)'") }
      try scanner.expect(":")
      switch key {
      case "descr": typeName = try scanner.typeName()
      case "shape": shape = try scanner.tuple()
      default: fortranOrder = try scanner.boolean()
      }
      if !scanner.take(",") {
        try scanner.expect("}")
        break
      }
    }
    guard missing.isEmpty else {
      throw NumPyFault.header("no key \(missing.sorted().joined(separator: ", "))")
    }
  }

  /// Reads tokens one after another, skipping white space.
  private struct Scanner {
    private var rest: ArraySlice<UInt8>

    init(_ text: [UInt8]) { rest = text[...] }

    private mutating func skipSpace() {
      rest = rest.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }

    mutating func take(_ token: Unicode.Scalar) -> Bool {
      skipSpace()
      guard rest.first == UInt8(ascii: token) else { return false }
      rest = rest.dropFirst()
      return true
    }

    mutating func expect(_ token: Unicode.Scalar) throws(NumPyFault) {
      guard take(token) else { throw NumPyFault.header("expected '\(token)' \(place)") }
    }

    mutating func string() throws(NumPyFault) -> String {
      skipSpace()
      guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
        let end = rest.dropFirst().firstIndex(of: quote)
      else { throw NumPyFault.header("expected a string \(place)") }
      defer { rest = rest[(end + 1)...] }
      return String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
    }

    /// Reads a type; structured types are lists, which are refused by name.
    mutating func typeName() throws(NumPyFault) -> String {
      skipSpace()
      guard rest.first != UInt8(ascii: "[") else { throw NumPyFault.unsupportedType("structured") }
      return try string()
    }

    mutating func boolean() throws(NumPyFault) -> Bool {
      skipSpace()
      for (word, value) in [("True", true), ("False", false)] where rest.starts(with: word.utf8) {
        rest = rest.dropFirst(word.utf8.count)
        return value
      }
      throw NumPyFault.header("expected True or False \(place)")
    }

    mutating func tuple() throws(NumPyFault) -> [Int] {
      var sizes: [Int] = []
      try expect("(")
      while !take(")") {
        skipSpace()
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let size = Int(String(decoding: digits, as: UTF8.self)) else {
          throw NumPyFault.header("expected a dimension \(place)")
        }
        sizes.append(size)
        rest = rest[digits.endIndex...]
        if !take(",") {
          try expect(")")
          break
        }
      }
      return sizes
    }

    private var place: String {
      rest.isEmpty ? "at the end" : "at '\(String(decoding: rest.prefix(20), as: UTF8.self))'"
    }
  }
}
