import MixFlowModels
import MixFlowTensor
import MixFlowTraining
import MixFlowTransport
import Testing

/// What sampling takes of memory.
@Suite struct SamplingMemoryTests {
  // The pool belongs to the process, so that this has one of its own.
  #if compiler(>=6.2)
    @Test func stepsTakeNothingFromTheSystem() async {
      await #expect(processExitsWith: .success) {
        // Threads may meet in a way that the first steps did not see.
        Parallelism.threads = 1
        let sizes = SiTConfiguration(
          inputSize: 8, patchSize: 2, width: 64, depth: 3, heads: 4, classCount: 3)
        // The times are one window; each further one may need a few blocks of sizes of its own.
        let generator = SampleGenerator(
          model: try SiT(sizes, from: RandomParameters(seed: 1)),
          sampler: try FlowSampler(
            intervals: TimeIntervals(path: .linear, prediction: .velocity),
            method: .ode(.heun2, points: 8, tolerance: ErrorTolerance())),
          guidance: ClassifierFreeGuidance(scale: 2), guidedChannels: 3, seed: 0)
        var requests: [Int] = []
        _ = try generator.samples(from: 0, labels: [0, 1, 2]) { _ in
          requests.append(MemoryPool.shared.usage.requests)
        }
        // The first step's state is the noise; the others hold both.
        #expect(requests.count == 7 && Set(requests.dropFirst()).count == 1, "\(requests)")
      }
    }
  #endif
}
