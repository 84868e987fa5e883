import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Sums of gradients over processes, played by threads.
@Suite struct GradientExchangeTests {
  private static let shapes = [[3, 5], [1], [7, 11], [64]]

  /// The gradients of a rank: whole numbers, which all orders of addition sum exactly.
  private static func gradient(_ index: Int, rank: Int) -> Tensor {
    let count = shapes[index].reduce(1, *)
    return Tensor((0..<count).map { Float($0 + 100 * index + 10_000 * rank) }, shape: shapes[index])
  }

  @Test(arguments: [2, 3, 4, 5], [4, 64, 1 << 20])
  func sumsAll(processes: Int, bucketBytes: Int) throws {
    let sums = try LocalGroup.run(processes) { group in
      let parameters = Self.shapes.enumerated().map {
        Parameter(name: "\($0.offset)", value: Tensor(zeros: $0.element))
      }
      let exchange = GradientExchange(group, bucketBytes: bucketBytes, wire: .float32)
      for _ in 0..<2 {
        for (index, parameter) in parameters.enumerated() {
          parameter.gradient = Self.gradient(index, rank: group.rank)
          exchange.add(parameter)
        }
        try exchange.finish()
      }
      return parameters.compactMap(\.gradient)
    }
    for gradients in sums {
      #expect(gradients.count == Self.shapes.count)
      for (index, gradient) in gradients.enumerated() {
        let expected = (1..<processes).reduce(Self.gradient(index, rank: 0)) {
          $0 + Self.gradient(index, rank: $1)
        }
        #expect(gradient == expected)
      }
    }
  }

  @Test func halvesAreRoundedTheSameEverywhere() throws {
    let values: [[Float]] = [[1, 1.003_906_25, .nan, -3, 1e-30], [1, 2, 1, -1, 1e-30]]
    let sums = try LocalGroup.run(2) { group in
      let parameter = Parameter(name: "w", value: Tensor(zeros: [5]))
      parameter.gradient = Tensor(values[group.rank], shape: [5])
      let exchange = GradientExchange(group, bucketBytes: 8, wire: .bfloat16)
      exchange.add(parameter)
      try exchange.finish()
      return parameter.gradient?.array ?? []
    }
    // 1.00390625 lies between two halves and goes to the even one, 1.
    #expect(sums[0][0] == 2 && sums[0][1] == 3 && sums[0][2].isNaN && sums[0][3] == -4)
    expectClose(sums[0][4], 2e-30, relativeToMax: 1e-2)
    #expect(sums[0].map(\.bitPattern) == sums[1].map(\.bitPattern))
  }

  @Test func othersAreNamed() throws {
    let problems = try LocalGroup.run(3) { group in
      do {
        try group.expectSame(group.rank == 2 ? "b" : "a", what: "data")
        return ""
      } catch { return "\(error)" }
    }
    #expect(Set(problems).count == 1 && problems[0].hasPrefix("rank 2 has data other than rank 0"))
  }
}
