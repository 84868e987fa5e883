import Foundation

/// The Swift code that a page of the documentation shows, compared with code that is compiled.
public enum DocumentedExamples {
  /// The folder of the package.
  public static var root: String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
  }

  /// Returns the code blocks of a page that no source file holds, line by line, whatever their
  /// indentation.
  ///
  /// - Parameters:
  ///   - page: The page, from the package's folder.
  ///   - sources: The source files that compile its examples, one or the other.
  /// - Returns: The blocks that are not there; a page without any gives one empty block.
  /// - Throws: An error for files that cannot be read.
  public static func missing(from page: String, in sources: String...) throws -> [String] {
    let compiled = try sources.map { lines(of: String(decoding: try readBytes($0), as: UTF8.self)) }
    let blocks = try codeBlocks(of: "\(root)/\(page)")
    guard !blocks.isEmpty else { return [""] }
    return blocks.filter { block in
      let code = lines(of: block)
      let (imports, body) = (code.filter(isImport), code.filter { !isImport($0) })
      return !compiled.contains { imports.allSatisfy($0.contains) && $0.contains(body) }
    }
  }

  private static func isImport(_ line: String) -> Bool { line.hasPrefix("import ") }

  /// The lines that are not empty, without the spaces around them.
  private static func lines(of text: String) -> [String] {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  private static func codeBlocks(of path: String) throws -> [String] {
    String(decoding: try readBytes(path), as: UTF8.self)
      .components(separatedBy: "```swift\n").dropFirst()
      .compactMap { $0.components(separatedBy: "\n```").first }
  }
}
