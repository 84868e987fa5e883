/// How images are sampled.
public struct SamplerSection: Codable, Equatable, Sendable {
  /// The code base whose sampler is used, `sit`, `rae`, `repa` or `dit`, or `auto` for the model's.
  public var code = "auto"
  /// `ODE` or `SDE`; for a DiT `DDPM` or `DDIM`.
  public var mode = "ODE"
  /// For an ODE `euler`, `heun`, `midpoint`, `heun3`, `rk4` or `dopri5`; for an SDE `Euler` or `Heun`.
  ///
  /// REPA's sampler knows `euler` and `heun`, and `Euler` for the SDE; DiT's ignores it.
  public var samplingMethod = "euler"
  /// The points of the time grid: an ODE makes one step less, an SDE as many with its last step.
  ///
  /// REPA's and DiT's samplers make as many steps.
  public var numSteps = 50
  /// The size of one more step of an ODE, from where the grid ends, that takes out noise left there;
  /// null for none.
  @Nullable public var denoiseStep: Double?
  /// The absolute error allowed by dopri5.
  public var atol = 1e-6
  /// The relative error allowed by dopri5.
  public var rtol = 1e-3
  /// The diffusion of an SDE: `sigma`, `linear`, `decreasing`, `increasing-decreasing`, `constant`
  /// or `SBDM`.
  public var diffusionForm = "sigma"
  /// The factor on the diffusion.
  public var diffusionNorm = 1.0
  /// The last step of an SDE: `Mean`, `Tweedie`, `Euler` or `None`.
  public var lastStep = "Mean"
  /// The size of that step.
  public var lastStepSize = 0.04
  /// The noise of DDIM: 0 is none, 1 that of DDPM.
  public var eta = 0.0
  /// The rule from floats to bytes: `sit`, `repa` or `rae`.
  public var quantize = "sit"

  enum CodingKeys: String, CodingKey {
    case code
    case mode
    case samplingMethod = "sampling_method"
    case numSteps = "num_steps"
    case denoiseStep = "denoise_step"
    case atol
    case rtol
    case diffusionForm = "diffusion_form"
    case diffusionNorm = "diffusion_norm"
    case lastStep = "last_step"
    case lastStepSize = "last_step_size"
    case eta
    case quantize
  }

  /// Creates the section of a 50-point Euler ODE.
  public init() {}
}
