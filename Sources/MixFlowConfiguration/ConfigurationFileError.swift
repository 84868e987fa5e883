/// A configuration file or a `--set` that cannot be used.
public struct ConfigurationFileError: Error, Equatable, CustomStringConvertible, Sendable {
  /// The file's path as it was given, or an option such as `--set` or `--steps 0`.
  public let source: String
  /// The line in the file, from 1, where it is known.
  public let line: Int?
  /// The setting, such as `training.seed`, where there is one.
  public let key: String?
  /// What was found and the mend.
  public let problem: String

  /// Whether it came from the command line.
  public var isFromOption: Bool { source.hasPrefix("--") }

  /// Creates an error.
  public init(source: String, line: Int? = nil, key: String? = nil, problem: String) {
    self.source = source
    self.line = line
    self.key = key
    self.problem = problem
  }

  /// One line: the file, the line, the key and the problem.
  public var description: String {
    let place = line.map { "\(source):\($0)" } ?? source
    return [place, key, problem].compactMap(\.self).joined(separator: ": ")
  }
}
