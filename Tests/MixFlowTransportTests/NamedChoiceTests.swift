import Foundation
import MixFlowTransport
import Testing

@Suite struct NamedChoiceTests {
  @Test func everyRawValueReadsBack() throws {
    try checkRoundTrips(PathKind.self)
    try checkRoundTrips(Prediction.self)
    try checkRoundTrips(LossWeight.self)
    try checkRoundTrips(TargetTime.self)
    try checkRoundTrips(DiffusionForm.self)
    try checkRoundTrips(MixtureRange.self)
    try checkRoundTrips(SolverKind.self)
    try checkRoundTrips(SDEMethod.self)
    try checkRoundTrips(LastStep.self)
  }

  private func checkRoundTrips<Choice: NamedChoice>(_ type: Choice.Type) throws {
    for choice in Choice.allCases {
      #expect(try Choice(parsing: choice.rawValue) == choice)
      #expect(try Choice(parsing: choice.rawValue.uppercased()) == choice)
      let json = try JSONEncoder().encode([choice])
      #expect(try JSONDecoder().decode([Choice].self, from: json) == [choice])
    }
  }

  @Test func upstreamSpellingsAreKnown() throws {
    #expect(try DiffusionForm(parsing: "inccreasing-decreasing") == .increasingDecreasing)
    #expect(try SolverKind(parsing: "heun") == .heun2)
    #expect(try SDEMethod(parsing: "euler") == .eulerMaruyama)
    #expect(try PathKind(parsing: "cosine") == .gvp)
    let json = Data(#"["inccreasing-decreasing"]"#.utf8)
    #expect(try JSONDecoder().decode([DiffusionForm].self, from: json) == [.increasingDecreasing])
  }

  @Test func unknownNamesAreAnsweredWithTheKnownOnes() throws {
    let error = #expect(throws: TransportError.self) { try SolverKind(parsing: "huen") }
    #expect(
      error?.description == "unknown ODE solver 'huen'; "
        + "the known ones are euler, midpoint, heun2, heun3, rk4, dopri5")
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([PathKind].self, from: Data(#"["Liner"]"#.utf8))
    }
  }
}
