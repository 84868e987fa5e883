import Foundation
import Yams

/// Reads YAML and tells faults by file and line.
struct YAMLReader {
  /// Longer files are no configurations.
  static let sizeLimit = 256 << 10
  /// More brackets than this may nest so deep that the parser exhausts the stack.
  private static let nestingLimit = 500

  /// The file's name or the setting, for errors.
  let source: String
  /// Whether the text has lines worth telling.
  var hasLines = true

  /// Reads the file that `source` names.
  ///
  /// - Returns: Its text.
  /// - Throws: ``ConfigurationFileError`` if it cannot be read, is too long or is not UTF-8.
  func contents() throws -> String {
    var status = stat()
    // Opening a pipe would wait for a writer.
    guard stat(source, &status) != 0 || [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
      throw ConfigurationFileError(source: source, problem: "is not a regular file")
    }
    guard let file = fopen(source, "rb") else { throw unreadable(errno) }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: Self.sizeLimit + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { throw unreadable(errno) }
    guard count <= Self.sizeLimit else {
      throw ConfigurationFileError(
        source: source, problem: "is larger than \(Self.sizeLimit) bytes; not a configuration")
    }
    guard let text = String(validating: bytes.prefix(count), as: UTF8.self) else {
      throw ConfigurationFileError(
        source: source, problem: "is not UTF-8 text; not a configuration, or save it as UTF-8")
    }
    return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
  }

  /// Parses one document.
  ///
  /// - Parameter text: The YAML.
  /// - Returns: The document, or nil if there is nothing but comments.
  /// - Throws: ``ConfigurationFileError`` for faults of syntax and keys given twice.
  func parse(_ text: String) throws -> Node? {
    guard Self.nestingBound(text) <= Self.nestingLimit else {
      throw ConfigurationFileError(source: source, problem: "nests too deep for a configuration")
    }
    do {
      return try compose(yaml: text)
    } catch let error as YamlError {
      throw describe(error)
    }
  }

  /// Counts what can open a level without a line of its own.
  private static func nestingBound(_ text: String) -> Int {
    let brackets = text.utf8.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") }
    // A pattern would be compiled anew for each line.
    var (longest, ofLine, previous) = (0, 0, UInt8(ascii: "\n"))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): ofLine = 0
      case UInt8(ascii: " "), UInt8(ascii: "\t"):
        if "-?:".utf8.contains(previous) { ofLine += 1 }
      default: break
      }
      (longest, previous) = (max(longest, ofLine), byte)
    }
    return brackets + longest
  }

  private func unreadable(_ code: Int32) -> ConfigurationFileError {
    ConfigurationFileError(
      source: source, problem: "cannot be read: \(String(cString: strerror(code)))")
  }

  private func describe(_ error: YamlError) -> ConfigurationFileError {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let before = context.map { "\($0.text), " } ?? ""
      return ConfigurationFileError(
        source: source, line: hasLines ? mark.line : nil,
        problem: "column \(mark.column): \(before)\(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
      return ConfigurationFileError(
        source: source, line: hasLines ? context.mark.line : nil, key: keys.first,
        problem: "is given twice; remove one")
    case .reader(let problem, _, _, _):
      return ConfigurationFileError(source: source, problem: problem)
    default:
      return ConfigurationFileError(source: source, problem: "\(error)")
    }
  }
}
