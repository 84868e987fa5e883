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

/// Returns a number with its noun, such as `1 image` or `2 images`.
package func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
  "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
}

/// Returns seconds as `4 s`, `3:07`, `1:02:03`, `5 days` or `1.4 years`.
package func duration(_ seconds: Double) -> String {
  guard !seconds.isNaN else { return "?" }
  guard seconds < durationLimit else { return "over 100 years" }
  let days = seconds / 86_400
  guard days < 365 else { return "\((days / 365).formatted("%.1f")) years" }
  // Three days in hours are still easily read.
  guard days < 3 else { return "\(days.formatted("%.0f")) days" }
  let whole = Int(max(0, seconds).rounded())
  let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
  if hours > 0 { return "\(hours):\(zeroPadded(minutes, to: 2)):\(zeroPadded(rest, to: 2))" }
  return minutes > 0 ? "\(minutes):\(zeroPadded(rest, to: 2))" : "\(rest) s"
}
