import CKernels
import Dispatch
import MixFlowTensor

/// The rate at which vectors stream through the processors, by the memory that they take: small
/// ones stay in caches.
struct Bandwidth {
  private let threads: Int
  private var measured: [Int: Double] = [:]

  init(threads: Int) {
    self.threads = threads
  }

  /// Returns the rate for vectors of `bytes` in all, in GB/s.
  mutating func gigabytes(of bytes: Double) -> Double {
    let count = max(4096, Int(bytes / 8))
    let rate = measured[count] ?? Self.best(count: count, threads: threads)
    measured[count] = rate
    return rate
  }

  /// The best rate of `y = a x + b y` over vectors of `count` floats.
  ///
  /// What it writes it has read, so that no memory moves but what is counted.
  private static func best(count: Int, threads: Int) -> Double {
    let x = Tensor(repeating: 1, shape: [count])
    var y = Tensor(repeating: 1, shape: [count])
    let clock = ContinuousClock()
    let start = clock.now
    var best = 0.0
    while clock.now - start < .milliseconds(200) {
      let seconds = clock.measure { add(x, to: &y, threads: threads) } / .seconds(1)
      best = max(best, 12 * Double(count) / seconds / 1e9)
    }
    return best
  }

  private static func add(_ x: Tensor, to y: inout Tensor, threads: Int) {
    let count = y.count
    let share = (count + threads - 1) / threads
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        // Each thread has a slice of its own.
        nonisolated(unsafe) let (input, output) = (x, y)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
          let slice = thread * share..<min(count, (thread + 1) * share)
          mixflow_axpby(
            0.5, input + slice.lowerBound, 0.5, output + slice.lowerBound, slice.count)
        }
      }
    }
  }
}
