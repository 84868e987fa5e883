/// Measures the time of training, without that of checkpoints and grids.
struct Stopwatch {
  private let clock = ContinuousClock()
  private var start = ContinuousClock().now

  /// The seconds since the last lap.
  var seconds: Double { (clock.now - start) / .seconds(1) }

  /// Returns the seconds since the last lap and starts a new one.
  mutating func lap() -> Double {
    let now = clock.now
    defer { start = now }
    return (now - start) / .seconds(1)
  }

  /// Does something that does not count.
  mutating func pausing<R>(_ body: () throws -> R) rethrows -> R {
    let paused = clock.now
    defer { start += clock.now - paused }
    return try body()
  }
}
