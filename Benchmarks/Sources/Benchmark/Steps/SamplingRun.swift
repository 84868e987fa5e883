import MixFlowModels
import MixFlowTraining
import MixFlowTransport

/// The guided Euler steps that `mixflow sample` makes of noise, both predictions in one batch of
/// twice the samples.
///
/// A run prepares what depends on its times alone for several of them at once. Its steps are few,
/// so that they do not gain more from it than those of any run of use.
struct SamplingRun: Workload {
  let steps = 5
  private let labels: [Int]
  private let generator: SampleGenerator

  /// Prepares runs of `batch` samples.
  init(of model: SiT, batch: Int) throws {
    labels = (0..<batch).map { $0 * 97 % model.classCount }
    generator = SampleGenerator(
      model: model,
      sampler: try FlowSampler(
        intervals: TimeIntervals(path: .linear, prediction: .velocity),
        method: .ode(.euler, points: steps + 1, tolerance: ErrorTolerance())),
      guidance: ClassifierFreeGuidance(scale: 4), seed: 0)
  }

  func callAsFunction() throws { _ = try generator.samples(from: 0, labels: labels) }
}
