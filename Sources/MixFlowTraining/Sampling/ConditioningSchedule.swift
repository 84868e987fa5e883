import MixFlowModels

/// Prepares the conditioning of the times to come, a window of them at once.
///
/// The weights of the modulations are a third of a SiT. Prepared one time after another, a few
/// samples read them all for a few rows of work; in a window, each read serves many rows. Pairs of a
/// time and a class that several samples share are prepared once.
final class ConditioningSchedule {
  /// What a row of the conditioning is made of.
  private struct Pair: Hashable {
    /// The bits of the time, so that a NaN, which a solver may ask for, is found again.
    let timeBits: UInt32
    let label: Int
    var t: Float { Float(bitPattern: timeBits) }
  }

  /// The pairs from which on a window gets no more times.
  private static let pairsPerWindow = 64
  /// The numbers from which on it gets no more: 32 MiB.
  private static let numbersPerWindow = 8 << 20

  private let model: any ClassConditionalModel
  /// The classes wanted by the time that decides on guidance, one for each row.
  private let labels: (Double) -> [Int]
  private var upcoming: ArraySlice<Double>
  private var window: [Pair: Int] = [:]
  private var prepared: PreparedConditioning?

  /// Plans for some times.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - times: The times that will be asked for, in that order, as far as they are known.
  ///   - labels: The classes by the time that decides on guidance, one for each row.
  init(
    _ model: any ClassConditionalModel, times: [Double], labels: @escaping (Double) -> [Int]
  ) {
    self.model = model
    self.labels = labels
    upcoming = times[...]
  }

  /// Returns the conditioning at a time, planned for or not, which the model sees in float32.
  ///
  /// - Parameters:
  ///   - t: The time.
  ///   - decisionTime: The time by which the classes are chosen; plans take `t` for it.
  /// - Returns: The conditioning of each row.
  func conditioning(at t: Double, decidedAt decisionTime: Double) -> PreparedConditioning {
    let pairs = pairs(at: t, labels(decisionTime))
    if let prepared, let rows = rows(of: pairs) { return prepared.choosing(rows) }
    prepare(pairs, from: t)
    guard let prepared, let rows = rows(of: pairs) else {
      preconditionFailure("a window from \(t) without its first time")
    }
    return prepared.choosing(rows)
  }

  private func pairs(at t: Double, _ labels: [Int]) -> [Pair] {
    labels.map { Pair(timeBits: Float(t).bitPattern, label: $0) }
  }

  /// The rows of the window, or nil where it lacks one.
  private func rows(of pairs: [Pair]) -> [Int]? {
    let rows = pairs.compactMap { window[$0] }
    return rows.count == pairs.count ? rows : nil
  }

  /// Prepares the pairs of `t` and those of the times after it, until a window is full.
  private func prepare(_ first: [Pair], from t: Double) {
    let limit = min(Self.pairsPerWindow, Self.numbersPerWindow / max(1, model.conditioningWidth))
    if let place = upcoming.firstIndex(of: t) { upcoming = upcoming[place...].dropFirst() }
    // The old window's memory is free for the new one.
    (window, prepared) = ([:], nil)
    var pairs: [Pair] = []
    func add(_ wanted: [Pair]) {
      for pair in wanted where window[pair] == nil {
        window[pair] = pairs.count
        pairs.append(pair)
      }
    }
    // The first time is wanted however many pairs it has.
    add(first)
    while let next = upcoming.first, pairs.count + Set(labels(next)).count <= limit {
      add(self.pairs(at: next, labels(next)))
      upcoming.removeFirst()
    }
    prepared = model.conditioning(t: pairs.map(\.t), labels: pairs.map(\.label))
  }
}
