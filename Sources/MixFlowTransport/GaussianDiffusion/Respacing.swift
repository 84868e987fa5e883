/// Which steps of a diffusion to sample with (Nichol and Dhariwal, 2021; DiT
/// `diffusion/respace.py`).
public enum Respacing: Hashable, Sendable {
  /// All of them.
  case all
  /// Equal parts of the chain, each with a number of evenly spread steps, `250` or `10,15,20`.
  case sections([Int])
  /// A number of steps at a whole stride, `ddim50`.
  case strided(Int)

  /// Reads upstream's notation: a number of steps, such as `250`, one for each of several equal
  /// parts, such as `10,15,20`, or `ddim50`; nothing is all steps.
  ///
  /// - Throws: ``TransportError/malformed(_:of:expected:)``.
  public init(parsing text: String) throws(TransportError) {
    let isStrided = text.hasPrefix("ddim")
    let fields = text.dropFirst(isStrided ? 4 : 0).split(
      separator: ",", omittingEmptySubsequences: false)
    let counts = fields.compactMap { Int($0) }
    guard !text.isEmpty else {
      self = .all
      return
    }
    guard counts.count == fields.count, counts.allSatisfy({ $0 > 0 }),
      !isStrided || counts.count == 1
    else {
      throw .malformed(
        text, of: "respacing", expected: "a number of steps, such as 250, 10,15,20 or ddim50")
    }
    self = isStrided ? .strided(counts[0]) : .sections(counts)
  }

  /// Chooses steps.
  ///
  /// - Parameter total: The number of steps of the chain.
  /// - Returns: The steps that are kept, from the cleanest on.
  /// - Throws: ``TransportError/outOfRange(_:value:allowed:)`` where the chain has no such steps.
  public func steps(of total: Int) throws(TransportError) -> [Int] {
    switch self {
    case .all: return Array(0..<total)
    case .strided(let count):
      guard count > 0,
        let stride = (1..<max(total, 2)).first(where: { (total + $0 - 1) / $0 == count })
      else {
        throw .outOfRange(
          "the number of steps in 'ddim\(count)'", value: Double(count),
          allowed: "\(total) divided by a whole stride, rounded up")
      }
      return Array(Swift.stride(from: 0, to: total, by: stride))
    case .sections(let counts):
      var steps: [Int] = []
      var start = 0
      for (index, count) in counts.enumerated() {
        let size = total / counts.count + (index < total % counts.count ? 1 : 0)
        guard 1...max(size, 1) ~= count, size > 0 else {
          throw .outOfRange(
            "the number of steps in a section", value: Double(count), allowed: "in 1...\(size)")
        }
        let stride = count == 1 ? 1 : Double(size - 1) / Double(count - 1)
        // Summed up and rounded half to even, as upstream does.
        var place = 0.0
        for _ in 0..<count {
          steps.append(start + Int(place.rounded(.toNearestOrEven)))
          place += stride
        }
        start += size
      }
      return steps
    }
  }
}
