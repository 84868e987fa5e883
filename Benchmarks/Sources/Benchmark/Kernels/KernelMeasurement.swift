/// The time of a kernel beside what the machine allows.
struct KernelMeasurement {
  /// The median of some runs.
  let seconds: Double
  let gigaflops: Double
  let gigabytes: Double
  /// What part of the roofline (Williams et al., 2009) it reaches: the least time that its
  /// operations take at peak, or its bytes at the bandwidth of as much memory, over its time.
  let share: Double

  /// Times `kernel` for about half a second, with as many threads as `machine` was measured with.
  init(of kernel: KernelCase, on machine: inout Roofline) {
    seconds = Self.median(of: kernel.prepare)
    gigaflops = kernel.operations / seconds / 1e9
    gigabytes = kernel.bytes / seconds / 1e9
    let limit = max(
      kernel.operations / machine.peak.gigaflops,
      kernel.bytes / machine.bandwidth.gigabytes(of: kernel.bytes))
    share = limit / 1e9 / seconds
  }

  private static func median(of prepare: () -> () -> Void) -> Double {
    prepare()()
    let clock = ContinuousClock()
    let start = clock.now
    var samples: [Double] = []
    while samples.count < 5 || (samples.count < 200 && clock.now - start < .milliseconds(500)) {
      samples.append(clock.measure(prepare()) / .seconds(1))
    }
    samples.sort()
    return samples[samples.count / 2]
  }
}

/// The limits of the machine for a number of threads.
struct Roofline {
  let peak: MultiplyAddPeak
  var bandwidth: Bandwidth

  init(threads: Int) {
    peak = MultiplyAddPeak(threads: threads)
    bandwidth = Bandwidth(threads: threads)
  }
}
