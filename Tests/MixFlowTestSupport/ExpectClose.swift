import Foundation
import MixFlowTensor
import Testing

/// Records an issue unless `max|actual - expected| <= relativeToMax * max|expected| + absolute`.
///
/// An infinity or NaN must meet its like. Without tolerances the values must be equal.
///
/// - Parameters:
///   - actual: What the code under test returned.
///   - expected: The reference.
///   - relativeToMax: The tolerance relative to the largest magnitude in `expected`.
///   - absolute: The tolerance in the units of the values.
///   - label: What is compared, for the report.
///   - sourceLocation: Where an issue is reported.
public func expectClose(
  _ actual: [some BinaryFloatingPoint], _ expected: [some BinaryFloatingPoint],
  relativeToMax: Double = 0, absolute: Double = 0, _ label: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let comparison = Comparison(
    actual.map { Double($0) }, expected.map { Double($0) }, relativeToMax: relativeToMax,
    absolute: absolute)
  if ErrorReport.isWanted { print("error \(label.isEmpty ? "-" : label): \(comparison.error)") }
  guard let failure = comparison.failure else { return }
  Issue.record(
    Comment(rawValue: label.isEmpty ? failure : "\(label): \(failure)"),
    sourceLocation: sourceLocation)
}

/// Records an issue unless the shapes agree and
/// `max|actual - expected| <= relativeToMax * max|expected| + absolute`.
public func expectClose(
  _ actual: Tensor, _ expected: Tensor, relativeToMax: Double = 0, absolute: Double = 0,
  _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.shape == expected.shape else {
    Issue.record(
      "\(label): shape \(actual.shape), expected \(expected.shape)", sourceLocation: sourceLocation)
    return
  }
  expectClose(
    actual.array, expected.array, relativeToMax: relativeToMax, absolute: absolute, label,
    sourceLocation: sourceLocation)
}

/// Records an issue unless one number is within `relativeToMax * |expected| + absolute` of another.
public func expectClose(
  _ actual: some BinaryFloatingPoint, _ expected: some BinaryFloatingPoint,
  relativeToMax: Double = 0, absolute: Double = 0, _ label: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    [Double(actual)], [Double(expected)], relativeToMax: relativeToMax, absolute: absolute, label,
    sourceLocation: sourceLocation)
}

/// Whether `MIXFLOW_REPORT_ERRORS` asks that each comparison prints its error.
private enum ErrorReport {
  static let isWanted = ProcessInfo.processInfo.environment["MIXFLOW_REPORT_ERRORS"] != nil
}

/// Two arrays compared within a tolerance.
package struct Comparison {
  /// The largest difference, relative to the largest magnitude in the reference where it has one.
  package let error: Double
  /// What differs and where, or nil.
  package let failure: String?

  package init(
    _ actual: [Double], _ expected: [Double], relativeToMax: Double, absolute: Double
  ) {
    guard actual.count == expected.count else {
      failure = "\(actual.count) values, expected \(expected.count)"
      error = .infinity
      return
    }
    let scale = expected.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0
    let tolerance = relativeToMax * scale + absolute
    var worst = (index: 0, error: 0.0)
    var failures = 0
    for (index, (a, e)) in zip(actual, expected).enumerated() {
      let error = a == e || (a.isNaN && e.isNaN) ? 0 : (a - e).magnitude
      // A NaN against a number counts as infinitely far.
      let distance = error.isNaN ? .infinity : error
      if distance > tolerance { failures += 1 }
      if distance > worst.error { worst = (index, distance) }
    }
    error = scale > 0 ? worst.error / scale : worst.error
    guard failures > 0 else {
      failure = nil
      return
    }
    let relative = scale > 0 ? worst.error / scale : .infinity
    failure = """
      \(failures) of \(actual.count) values differ, worst at \(worst.index): \
      \(actual[worst.index]), expected \(expected[worst.index]); error \(worst.error), \
      relative to max|expected| \(relative), tolerance \(tolerance)
      """
  }
}
