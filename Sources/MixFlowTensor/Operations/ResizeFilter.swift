extension ResizeFilter {
  /// Returns the weights of `from` pixels in each of `to` pixels, `[to, from]`.
  func matrix(from: Int, to: Int) -> Tensor {
    var weights = [Float](repeating: 0, count: from * to)
    for index in 0..<to {
      for (source, weight) in taps(of: index, from: from, to: to) {
        weights[index * from + source] += Float(weight)
      }
    }
    return Tensor(weights, shape: [to, from])
  }

  /// The pixels that pixel `index` is made of, and their weights, which sum to 1.
  private func taps(of index: Int, from: Int, to: Int) -> [(source: Int, weight: Double)] {
    let scale = Double(from) / Double(to)
    let centre = (Double(index) + 0.5) * scale
    switch self {
    case .bilinear:
      let position = max(0, centre - 0.5)
      let first = min(Int(position), from - 1)
      let fraction = position - Double(first)
      return [(first, 1 - fraction), (min(first + 1, from - 1), fraction)]
    case .bicubic:
      let position = centre - 0.5
      let floor = position.rounded(.down)
      return (-1...2).map { offset in
        let source = min(max(Int(floor) + offset, 0), from - 1)
        return (source, Self.cubic(floor + Double(offset) - position, a: -0.75))
      }
    case .antialiasedBicubic:
      let stretch = max(scale, 1)
      let support = 2 * stretch
      let first = Int(max(0, centre - support + 0.5))
      let end = Int(min(Double(from), centre + support + 0.5))
      let weights = (first..<end).map {
        Self.cubic((Double($0) - centre + 0.5) / stretch, a: -0.5)
      }
      let sum = weights.reduce(0, +)
      return zip(first..<end, weights).map { ($0, $1 / sum) }
    }
  }

  /// The cubic convolution kernel (Keys, 1981).
  private static func cubic(_ x: Double, a: Double) -> Double {
    let x = x.magnitude
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    return 0
  }
}
