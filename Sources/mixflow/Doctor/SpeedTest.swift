import CKernels
import Dispatch
import MixFlowTensor

/// How fast a machine multiplies, measured.
package struct SpeedTest: Encodable {
  /// Rates of several repeats, in GFLOP/s.
  package struct Rate: Encodable {
    let best: Double
    let median: Double

    /// Rates that are known.
    package init(best: Double, median: Double) { (self.best, self.median) = (best, median) }

    /// Measures `body`, which makes `operations`, after one run for warmth.
    ///
    /// It repeats until half a second has passed, but 3 to 30 times.
    fileprivate init(operations: Double, _ body: () -> Void) {
      body()
      let clock = ContinuousClock()
      let start = clock.now
      var seconds: [Double] = []
      while seconds.count < 3 || (seconds.count < 30 && clock.now - start < .milliseconds(500)) {
        seconds.append(clock.measure(body) / .seconds(1))
      }
      seconds.sort()
      best = operations / max(seconds[0], 1e-9) / 1e9
      median = operations / max(seconds[seconds.count / 2], 1e-9) / 1e9
    }
  }

  /// The speed of fused multiply-adds alone.
  struct Peak {
    /// The registers that it was measured with.
    let registers: String
    let rate: Rate

    /// Measures for half a second.
    init(threads: Int) {
      let rounds = Self.rounds()
      let run = mixflow_run_peak(rounds)
      registers = String(cString: run.registers)
      rate = Rate(operations: run.operations * Double(threads)) {
        DispatchQueue.concurrentPerform(iterations: threads) { _ in _ = mixflow_run_peak(rounds) }
      }
    }

    /// The rounds that take about 10 ms.
    private static func rounds() -> Int {
      var rounds = 1000
      let clock = ContinuousClock()
      while rounds < 1 << 30 {
        let seconds = clock.measure { _ = mixflow_run_peak(rounds) } / .seconds(1)
        if seconds > 0.005 { return max(1000, Int(Double(rounds) * 0.01 / seconds)) }
        rounds *= 4
      }
      return rounds
    }
  }

  /// A product `[rows, depth] · [depth, columns]`.
  package struct Product: Encodable {
    let name: String
    let rows: Int
    let depth: Int
    let columns: Int
    let oneThread: Rate
    let allThreads: Rate
  }

  /// The registers that the peak was measured with.
  let registers: String
  let peakOfOneThread: Rate
  let peakOfAllThreads: Rate
  let products: [Product]
  let threads: Int

  /// The share of the peak that the best product reaches on one thread.
  var share: Double { (products.map(\.oneThread.best).max() ?? 0) / peakOfOneThread.best }

  private static let shapes = [
    ("square", 1024, 1024, 1024), ("SiT-S/2 feed-forward, 32 images of 64 tokens", 2048, 384, 1536),
    ("SiT-XL/2 feed-forward, 4 images of 256 tokens", 1024, 1152, 4608),
    ("SiT-XL/2 queries, keys and values", 1024, 1152, 3456),
  ]

  /// Measures for some seconds with `threads` threads.
  init(threads: Int) {
    self.threads = threads
    let peak = Peak(threads: 1)
    registers = peak.registers
    peakOfOneThread = peak.rate
    peakOfAllThreads = Peak(threads: threads).rate
    let before = Parallelism.threads
    defer { Parallelism.threads = before }
    products = Self.shapes.map { name, rows, depth, columns in
      let x = Tensor(repeating: 0.5, shape: [1, rows, depth])
      let weight = Tensor(repeating: 0.5, shape: [columns, depth])
      func rate(threads: Int) -> Rate {
        Parallelism.threads = threads
        return Rate(operations: 2 * Double(rows * depth * columns)) {
          _ = linear(x, weight: weight, bias: nil)
        }
      }
      return Product(
        name: name, rows: rows, depth: depth, columns: columns, oneThread: rate(threads: 1),
        allThreads: rate(threads: threads))
    }
  }

  /// Measurements that are known: the peaks, and the rates of all products.
  package init(
    registers: String, peak: (one: Rate, all: Rate), products: (one: Rate, all: Rate), threads: Int
  ) {
    self.registers = registers
    self.threads = threads
    (peakOfOneThread, peakOfAllThreads) = (peak.one, peak.all)
    self.products = Self.shapes.map { name, rows, depth, columns in
      Product(
        name: name, rows: rows, depth: depth, columns: columns, oneThread: products.one,
        allThreads: products.all)
    }
  }

  /// What the measurements say beside their numbers.
  package func findings(on processor: Processor) -> [Finding] {
    if let load = processor.load, load > 0.5 {
      return [
        .note(
          "other programs were running (load \(load)); the speeds are lower than they could be",
          mend: "measure again on an idle machine")
      ]
    }
    var findings: [Finding] = []
    if share < 0.4 {
      findings.append(
        .note(
          "products reach \(Int(100 * share)) % of the processor's peak",
          mend: "name another BLAS with MIXFLOW_BLAS"))
    }
    let scaling = peakOfAllThreads.best / peakOfOneThread.best
    if scaling < 0.6 * Double(threads) {
      findings.append(
        .note(
          "\(threads) threads make \((10 * scaling).rounded() / 10) times the operations of one",
          mend: "the processors may be halves of one core; try --threads \(max(1, threads / 2))"))
    }
    return findings
  }
}
