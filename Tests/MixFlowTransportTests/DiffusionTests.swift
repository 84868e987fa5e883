import Foundation
import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct DiffusionTests {
  @Test(arguments: PathKind.allCases, DiffusionForm.allCases)
  func isNeverNegative(kind: PathKind, form: DiffusionForm) throws {
    let diffusion = try Diffusion(form, norm: 0.7)
    for t in stride(from: 0.01, to: 1, by: 0.01) {
      #expect(diffusion.coefficient(at: t, along: kind.path) >= 0)
    }
  }

  @Test func followsItsFormula() throws {
    let t = 0.3
    let path = GVPPath()
    func coefficient(_ form: DiffusionForm) throws -> Double {
      try Diffusion(form, norm: 2).coefficient(at: t, along: path)
    }
    try expectClose(coefficient(.constant), 2)
    try expectClose(coefficient(.sbdm), 2 * path.scoreWeight(t))
    try expectClose(coefficient(.sigma), 2 * cos(0.15 * .pi), absolute: 1e-15)
    try expectClose(coefficient(.linear), 1.4)
    try expectClose(
      coefficient(.decreasing), 0.25 * pow(2 * cos(0.3 * .pi) + 1, 2), absolute: 1e-15)
    try expectClose(coefficient(.increasingDecreasing), 2 * pow(sin(0.3 * .pi), 2), absolute: 1e-15)
  }

  @Test(arguments: [-1, .infinity, .nan] as [Double])
  func refusesImpossibleNorms(norm: Double) {
    #expect(throws: TransportError.self) { try Diffusion(.sigma, norm: norm) }
  }
}
