import MixFlowTestSupport
import MixFlowTransport
import Testing

/// What is said of settings that mean nothing and of solves that cannot go on; `Tests/Messages` has
/// the words.
@Suite struct TransportMessageTests {
  @Test func settings() throws {
    func intervals(_ end: Double = 1, margin: Double? = nil) throws -> TimeIntervals {
      try TimeIntervals(path: .linear, prediction: .velocity, samplingMargin: margin, end: end)
    }
    let cases: [(String, () throws -> Void)] = [
      ("path", { _ = try PathKind(parsing: "x") }),
      ("prediction", { _ = try Prediction(parsing: "x") }),
      ("loss weight", { _ = try LossWeight(parsing: "x") }),
      ("target time", { _ = try TargetTime(parsing: "x") }),
      ("mixture range", { _ = try MixtureRange(parsing: "x") }),
      ("diffusion form", { _ = try DiffusionForm(parsing: "x") }),
      ("ODE solver", { _ = try SolverKind(parsing: "x") }),
      ("SDE solver", { _ = try SDEMethod(parsing: "x") }),
      ("last step", { _ = try LastStep(parsing: "x") }),
      ("REPA sampler", { _ = try REPASampler.Method(parsing: "x") }),
      ("time distribution", { _ = try TimeSampler(parsing: "x") }),
      ("logit-normal", { _ = try TimeSampler(parsing: "logit-normal_0") }),
      ("logit-normal without width", { _ = try TimeSampler(parsing: "logit-normal_0_0") }),
      ("lognormal times of VP", { _ = try TimeSampler.logNormalNoise(on: .vp) }),
      ("gamma", { _ = try MixFlowTimestepSampler(gamma: 2) }),
      ("first time", { _ = try MixFlowTimestepSampler(gamma: 1, interval: -1...1) }),
      ("last time", { _ = try MixFlowTimestepSampler(gamma: 1, interval: 0...2) }),
      ("time shift", { _ = try TimeShift(factor: 0) }),
      ("time_dist_shift_base", { _ = try TimeShift(dimension: 1, base: 0) }),
      ("time_dist_shift_dim", { _ = try TimeShift(dimension: 0) }),
      ("sample_eps", { _ = try intervals(margin: 0.5) }),
      ("the end of times", { _ = try intervals(0.5) }),
      ("last_step_size", { _ = try intervals().sde(form: .linear, lastStepSize: 1) }),
      ("SBDM without a margin", { _ = try intervals().sde(form: .sbdm, lastStepSize: 0.04) }),
      (
        "a large last step",
        { _ = try intervals(margin: 0.4).sde(form: .sbdm, lastStepSize: 0.7) }
      ),
      ("an interval", { _ = try TimeConvention.dataAtOne.interval(from: 0.5, to: 0.25) }),
      ("diffusion_norm", { _ = try Diffusion(.linear, norm: -1) }),
      ("diffusion_steps", { _ = try GaussianDiffusion(linearSteps: 1) }),
      ("one step kept", { _ = try GaussianDiffusion(respacing: .sections([1])) }),
      ("respacing", { _ = try Respacing(parsing: "x") }),
      ("a stride", { _ = try Respacing.strided(999).steps(of: 1000) }),
      ("a section", { _ = try Respacing.sections([5]).steps(of: 4) }),
      ("one grid point", { _ = try TimeGrid(points: 1) }),
      ("many grid points", { _ = try TimeGrid(points: 1_000_001) }),
      ("an unordered grid", { _ = try TimeGrid(times: [0, 1, 0.5]) }),
      ("steps of REPA", { _ = try REPASampler(.eulerMaruyama, steps: 2) }),
    ]
    try MessageTable("transport").expect(
      cases.map { ($0.0, message($0.1) ?? "is taken") })
  }

  @Test func solves() {
    #expect(
      "\(TransportError.stepFailed(time: 0.25, step: 1e-9))" == """
        the adaptive solver failed at t = 0.25 with step 1e-09; is the model's output finite? If so, \
        loosen the tolerances or use a fixed grid
        """)
    #expect(
      "\(TransportError.tooManySteps(1000, time: 0.25))" == """
        the adaptive solver took 1000 steps and is only at t = 0.25; loosen the tolerances or use a \
        fixed grid
        """)
  }
}
