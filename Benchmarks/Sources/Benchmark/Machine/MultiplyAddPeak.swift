import CKernels
import Dispatch

/// The rate of fused multiply-adds out of registers, which no product can exceed.
struct MultiplyAddPeak {
  /// In GFLOP/s, the best of some runs.
  let gigaflops: Double
  /// The registers that were used, such as `AVX2`.
  let registers: String

  /// Measures on `threads` threads for about a quarter of a second.
  init(threads: Int) {
    let rounds = 100_000
    let run = mixflow_run_peak(rounds)
    registers = String(cString: run.registers)
    let seconds = (0..<20).map { _ in
      ContinuousClock().measure {
        DispatchQueue.concurrentPerform(iterations: threads) { _ in _ = mixflow_run_peak(rounds) }
      } / .seconds(1)
    }
    gigaflops = run.operations * Double(threads) / (seconds.min() ?? .infinity) / 1e9
  }
}
