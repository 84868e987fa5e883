import MixFlowTransport
import Testing

@Suite struct GuidanceTests {
  @Test func extrapolatesFromTheWeakPrediction() {
    let guidance = ClassifierFreeGuidance(scale: 1.5)
    #expect(guidance.combine(conditional: Vector(4), unconditional: Vector(2)) == Vector(5))
    let auto = AutoGuidance(scale: 3)
    #expect(auto.combine(main: Vector(4), guide: Vector(2)) == Vector(8))
  }

  @Test func isActiveInsideItsIntervalEndsIncluded() {
    let guidance = ClassifierFreeGuidance(scale: 2, interval: 0.3...0.9)
    #expect([0.3, 0.5, 0.9].allSatisfy(guidance.isActive))
    #expect(![0.29, 0.91].contains(where: guidance.isActive))
    // Adaptive solvers look beyond the end.
    #expect(ClassifierFreeGuidance(scale: 2).isActive(at: 1.6))
    #expect(!ClassifierFreeGuidance(scale: 1).isActive(at: 0.5))
  }

  @Test func callsTheSecondNetworkOnlyWhereNeeded() {
    var calls = 0
    func weak(_ x: Vector, _ t: Double) -> Vector {
      calls += 1
      return Vector(0)
    }
    let guidance = ClassifierFreeGuidance(scale: 2, interval: 0...0.5)
    let strong: (Vector, Double) -> Vector = { x, _ in x }
    #expect(guidance.predict(Vector(3), 0.6, conditional: strong, unconditional: weak) == Vector(3))
    #expect(calls == 0)
    #expect(guidance.predict(Vector(3), 0.5, conditional: strong, unconditional: weak) == Vector(6))
    #expect(calls == 1)
    let auto = AutoGuidance(scale: 1)
    #expect(auto.predict(Vector(3), 0.5, main: strong, guide: weak) == Vector(3))
    #expect(calls == 1)
  }

  @Test func aScheduleHasAnotherScaleInsideItsIntervals() {
    let off = GuidanceSchedule(scale: 2, intervals: [0.1..<0.3, 0.6..<0.7])
    #expect([0.05, 0.3, 0.5, 0.7].map(off.scale) == [2, 2, 2, 2])
    #expect([0.1, 0.29, 0.65].map(off.scale) == [1, 1, 1])
    let weaker = GuidanceSchedule(scale: 2, scaleInside: 1.2, intervals: [0.1..<0.3])
    #expect([0, 0.2].map(weaker.scale) == [2, 1.2])
    let none = GuidanceSchedule(scale: 2, scaleInside: 0, intervals: [0.1..<0.3])
    #expect(none.scale(at: 0.2) == 1)
  }
}
