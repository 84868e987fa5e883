extension DecodingError {
  /// The keys to the place that did not decode, joined by dots; empty at the root.
  package var path: String { context.codingPath.map(\.stringValue).joined(separator: ".") }

  /// What was wrong there, in one sentence without a full stop.
  package var reason: String {
    switch self {
    case .keyNotFound(let key, _): "the key '\(key.stringValue)' is missing"
    case .typeMismatch(let type, _), .valueNotFound(let type, _): "expected \(type)"
    default: context.debugDescription.trimmingSuffix(".")
    }
  }

  private var context: Context {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .keyNotFound(_, let context), .dataCorrupted(let context):
      context
    @unknown default: Context(codingPath: [], debugDescription: "\(self)")
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
