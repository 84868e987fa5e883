import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct TimeShiftTests {
  @Test(arguments: [1, 2.5, 6.928203230275509])
  func mirrorsUpstreamsFormula(factor: Double) throws {
    let shift = try TimeShift(factor: factor)
    for t in stride(from: 0.0, through: 1, by: 0.125) {
      let upstream = factor * (1 - t) / (1 + (factor - 1) * (1 - t))
      expectClose(shift(t), 1 - upstream, absolute: 1e-15)
      #expect(shift(t) <= t)
    }
    #expect(shift(0) == 0)
    #expect(shift(1) == 1)
  }

  @Test func followsTheDimensionOfTheLatent() throws {
    expectClose(try TimeShift(dimension: 196_608).factor, 6.928203230275509, absolute: 1e-15)
    #expect(try TimeShift(dimension: 4096) == .none)
  }

  @Test(arguments: [0, -1, .nan, .infinity] as [Double])
  func refusesImpossibleFactors(factor: Double) {
    #expect(throws: TransportError.self) { try TimeShift(factor: factor) }
    #expect(throws: TransportError.self) { try TimeShift(dimension: factor) }
  }
}
