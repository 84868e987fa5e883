import Foundation
import MixFlowCheckpoint

/// The golden files under `Tests/Fixtures`, or under `MIXFLOW_FIXTURES` where that is set.
public enum Fixtures {
  /// The folder that holds the fixtures, without a closing slash.
  public static let root: String =
    ProcessInfo.processInfo.environment["MIXFLOW_FIXTURES"]
    ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures").path

  /// Returns the path of `name`, such as `"misc/samples.npz"`.
  public static func path(_ name: String) -> String { "\(root)/\(name)" }

  /// Opens the safetensors file `name`, such as `"models/sit_ls/io"`.
  ///
  /// - Parameter name: The path below ``root`` without `.safetensors`.
  /// - Returns: The opened file.
  /// - Throws: `CheckpointError` if it is missing or malformed.
  public static func file(_ name: String) throws -> SafeTensorsFile {
    try SafeTensorsFile(contentsOf: path(name + ".safetensors"))
  }

  /// Lists the folders whose path below ``root`` begins with `prefix`, sorted.
  ///
  /// - Parameter prefix: A folder and the beginning of names in it, such as `"models/sit_"`.
  /// - Returns: Paths below ``root``, such as `"models/sit_ls"`.
  /// - Throws: ``FixtureError`` if there is none, so that a suite over nothing fails.
  public static func folders(matching prefix: String) throws -> [String] {
    try entries(matching: prefix).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path(name), isDirectory: &isFolder)
        && isFolder.boolValue
    }
    .orThrow(prefix)
  }

  /// Lists the safetensors files whose path below ``root`` begins with `prefix`, sorted.
  ///
  /// - Parameter prefix: A folder and the beginning of names in it, such as `"transport/sit_"`.
  /// - Returns: Names that ``file(_:)`` takes, such as `"transport/sit_ode"`.
  /// - Throws: ``FixtureError`` if there is none, so that a suite over nothing fails.
  public static func files(matching prefix: String) throws -> [String] {
    let suffix = ".safetensors"
    return try entries(matching: prefix).filter { $0.hasSuffix(suffix) }
      .map { String($0.dropLast(suffix.count)) }
      .orThrow(prefix)
  }

  private static func entries(matching prefix: String) throws -> [String] {
    let slash = prefix.lastIndex(of: "/").map { prefix.index(after: $0) } ?? prefix.startIndex
    let folder = String(prefix[..<slash])
    return try FileManager.default.contentsOfDirectory(atPath: path(folder))
      .map { folder + $0 }
      .filter { $0.hasPrefix(prefix) }
      .sorted()
  }
}

/// A pattern that no fixture matches.
public struct FixtureError: Error, CustomStringConvertible {
  /// What was looked for, below ``Fixtures/root``.
  public let pattern: String

  /// Where nothing was found.
  public var description: String { "no fixture matches '\(pattern)' in \(Fixtures.root)" }
}

extension [String] {
  fileprivate func orThrow(_ pattern: String) throws -> [String] {
    guard !isEmpty else { throw FixtureError(pattern: pattern) }
    return self
  }
}
