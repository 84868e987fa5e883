import ArgumentParser

/// Measures the rate of fused multiply-adds.
struct Peak: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how many GFLOP/s the processors can make, and with which registers.")

  @OptionGroup var options: ThreadsOption

  func run() {
    let peak = MultiplyAddPeak(threads: options.threads)
    print(peak.gigaflops, peak.registers)
  }
}
