import Foundation

extension RunConfiguration {
  /// Reads the configuration that a checkpoint carries.
  ///
  /// Keys that a later version added take their defaults, so that old checkpoints stay readable.
  ///
  /// - Parameter json: A JSON object, as checkpoints hold it.
  /// - Throws: `DecodingError` when it is not one.
  public init(saved json: String) throws {
    let defaults = try JSONSerialization.jsonObject(
      with: Data(try MixFlowTraining.json(RunConfiguration()).utf8))
    let saved: Any
    do {
      saved = try JSONSerialization.jsonObject(with: Data(json.utf8))
    } catch {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: [], debugDescription: "not valid JSON"))
    }
    let merged = try JSONSerialization.data(withJSONObject: Self.overlay(saved, on: defaults))
    self = try JSONDecoder().decode(RunConfiguration.self, from: merged)
  }

  private static func overlay(_ saved: Any, on defaults: Any) -> Any {
    guard let saved = saved as? [String: Any], let defaults = defaults as? [String: Any] else {
      return saved
    }
    return defaults.merging(saved) { overlay($1, on: $0) }
  }
}
