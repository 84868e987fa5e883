import MixFlowTraining

extension ConfigurationFile {
  /// Lists the settings of a configuration one by one, such as `sampler.num_steps` and `50`.
  ///
  /// - Parameter configuration: The configuration.
  /// - Returns: Keys and values as YAML writes them, in the order of their declaration.
  /// - Throws: Nothing that a user can cause.
  public static func list(
    _ configuration: RunConfiguration
  ) throws -> [(key: String, value: String)] {
    try SettingTree(encoding: configuration).leaves(below: "")
  }
}

extension SettingTree {
  fileprivate func leaves(below path: String) throws -> [(key: String, value: String)] {
    guard case .section(let entries) = self else {
      return [(path, try yaml().trimmingSuffix("\n").trimmingSuffix("...").trimmingSuffix("\n"))]
    }
    return try entries.flatMap { entry in
      try entry.tree.leaves(below: path.isEmpty ? entry.key : "\(path).\(entry.key)")
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
