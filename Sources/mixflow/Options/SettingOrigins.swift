import MixFlowConfiguration
import MixFlowTraining

/// Which option set which key, so that a value that is refused counts as a mistake in the command line.
struct SettingOrigins {
  private var options: [String: String] = [:]

  /// Notes the keys of `--set`, whose texts are `key=value`.
  init(assignments: [String]) {
    for assignment in assignments { options[String(assignment.prefix { $0 != "=" })] = "--set" }
  }

  /// Notes that an option, where it was given, sets a key.
  mutating func note<Value>(_ option: String, _ value: Value?, sets key: String) {
    if let value { options[key] = "\(option) \(value)" }
  }

  /// Runs `body`, and names the option in what it throws for a key that an option has set.
  ///
  /// - Throws: `ConfigurationFileError` for such a key, else what `body` throws.
  func naming<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as ConfigurationError {
      guard let option = options[error.key] else { throw error }
      throw ConfigurationFileError(source: option, key: error.key, problem: error.problem)
    }
  }
}
