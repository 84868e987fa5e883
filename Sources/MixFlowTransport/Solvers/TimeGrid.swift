/// The times that a solver stops at: two or more, all increasing or all decreasing.
public struct TimeGrid: Hashable, Sendable {
  /// The times, first to last.
  public let times: [Double]

  /// The most points of a grid of equal steps.
  public static let pointLimit = 1_000_000

  /// The number of steps, one less than the number of points.
  public var stepCount: Int { times.count - 1 }

  /// Whether the grid runs from noise to data.
  public var isIncreasing: Bool { times[0] < times[1] }

  private init(checked times: [Double]) { self.times = times }

  /// Makes a grid of the given times.
  ///
  /// - Throws: ``TransportError/unorderedGrid(_:)``.
  public init(times: [Double]) throws(TransportError) {
    let pairs = zip(times, times.dropFirst())
    guard times.count > 1, times.allSatisfy(\.isFinite),
      pairs.allSatisfy({ $0 < $1 }) || pairs.allSatisfy({ $0 > $1 })
    else { throw .unorderedGrid(times) }
    self.times = times
  }

  /// Makes a grid of equal steps.
  ///
  /// - Parameters:
  ///   - points: The number of grid points, `num_steps` in SiT and RAE; one more than the steps, and
  ///     at most ``pointLimit``.
  ///   - interval: The first and the last time.
  /// - Throws: ``TransportError/outOfRange(_:value:allowed:)`` for fewer than two points or too
  ///   many, or ``TransportError/unorderedGrid(_:)`` for an empty interval.
  public init(points: Int, over interval: ClosedRange<Double> = 0...1) throws(TransportError) {
    guard points > 1 else {
      throw .outOfRange("num_steps", value: Double(points), allowed: "at least 2 grid points")
    }
    guard points <= Self.pointLimit else {
      throw .outOfRange(
        "num_steps", value: Double(points), allowed: "at most \(Self.pointLimit) grid points")
    }
    let first = interval.lowerBound
    let last = interval.upperBound
    let step = (last - first) / Double(points - 1)
    // The last point is set, not summed up, so that it is exact.
    let inner = (0..<(points - 1)).map { first + Double($0) * step }
    try self.init(times: inner + [last])
  }

  /// The same times in the opposite order: from data to noise.
  public var reversed: TimeGrid { TimeGrid(checked: times.reversed()) }

  /// Returns the grid with every time shifted towards noise, as RAE samples.
  public func shifted(by shift: TimeShift) -> TimeGrid {
    TimeGrid(checked: times.map { shift($0) })
  }

  /// The pairs of neighbouring times, one per step.
  var intervals: Zip2Sequence<[Double], ArraySlice<Double>> { zip(times, times.dropFirst()) }
}
