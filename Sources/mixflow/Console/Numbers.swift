import Foundation
import MixFlowTraining

extension Double {
  /// Returns the number as C's `printf` writes it by a format such as `%.3f`.
  func formatted(_ format: String) -> String { String(format: format, self) }
}

/// The seconds from which on a duration is only said to be long: 100 years.
private let durationLimit = 100 * 365 * 86_400.0

/// Returns seconds as `about 3:07`, or `over 100 years`; what is no number is `about ?`.
package func estimate(_ seconds: Double) -> String {
  (seconds >= durationLimit ? "" : "about ") + duration(seconds)
}

/// Returns seconds as `4 s`, `3:07` or `1:02:03`.
package func duration(_ seconds: Double) -> String {
  guard !seconds.isNaN else { return "?" }
  guard seconds < durationLimit else { return "over 100 years" }
  let whole = Int(max(0, seconds).rounded())
  let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
  if hours > 0 { return "\(hours):\(zeroPadded(minutes, to: 2)):\(zeroPadded(rest, to: 2))" }
  return minutes > 0 ? "\(minutes):\(zeroPadded(rest, to: 2))" : "\(rest) s"
}
