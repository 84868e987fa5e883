import MixFlowCheckpoint
import MixFlowTestSupport
import MixFlowTransport
import Testing

/// The chain of DiT against the official one; `DiffusionGoldenTests` has the network.
@Suite struct GaussianDiffusionGoldenTests {
  @Test func theChainIsDiTs() throws {
    let file = try Fixtures.file("ddpm/dit_diffusion")
    let diffusion = try GaussianDiffusion()
    expectClose(diffusion.betas, try file.doubles("betas_f64"), relativeToMax: 1e-12, "betas")
    expectClose(
      diffusion.signalLevels, try file.doubles("abar_f64"), relativeToMax: 1e-12, "levels")
    #expect(diffusion.trainingSteps == Array(0..<diffusion.stepCount))
  }

  @Test func respacedChainsAreDiTs() throws {
    let file = try Fixtures.file("ddpm/dit_diffusion")
    let keys = file.names.filter { $0.hasSuffix(".timestep_map") }
    #expect(!keys.isEmpty)
    for key in keys {
      let name = String(key.dropLast(".timestep_map".count))
      let spacing = try Respacing(parsing: String(name.dropFirst("respaced".count)))
      let diffusion = try GaussianDiffusion(respacing: spacing)
      #expect(diffusion.trainingSteps == (try file.integers(key)), "\(key)")
      guard file.contains("\(name).betas_f64") else { continue }
      expectClose(
        diffusion.betas, try file.doubles("\(name).betas_f64"), relativeToMax: 1e-12, name)
    }
  }

  @Test func noisedPointsAreDiTs() throws {
    let file = try Fixtures.file("ddpm/dit_diffusion")
    let x = try GaussianDiffusion().noised(
      file.vector("x"), with: file.vector("noise"), t: file.integers("t"))
    expectClose(x.scalars, try file.doubles("x_t"), relativeToMax: 1e-6, "x_t")
  }
}
