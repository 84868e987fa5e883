import ArgumentParser
import Foundation
import MixFlowTensor

/// Times each kernel against the roofline of the machine.
struct Kernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Time each kernel and compare it with what the machine allows.",
    discussion: """
      The share is that of the roofline: the least time for a kernel's operations at the peak of \
      fused multiply-adds, or for its bytes at the bandwidth of vectors of as many bytes, \
      whichever is more, over the time that it takes. Peak and bandwidth are measured in the same \
      run.
      """)

  @Option(name: .long, parsing: .upToNextOption, help: "Numbers of threads; by default 1 and all.")
  var threads = Array(Set([1, Parallelism.threads])).sorted()

  @Option(name: .long, help: "Only kernels with this in their name or model, such as 'XL/2 qkv'.")
  var only: String?

  func validate() throws {
    guard threads.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("'--threads' must be positive, got \(threads).")
    }
  }

  func run() {
    for threads in threads { measure(threads: threads) }
  }

  private func measure(threads: Int) {
    Parallelism.threads = threads
    var machine = Roofline(threads: threads)
    let memory = machine.bandwidth.gigabytes(of: 256e6)
    answer(
      "\n\(threads) thread\(threads == 1 ? "" : "s"): peak \(Int(machine.peak.gigaflops)) GFLOP/s"
        + " (\(machine.peak.registers)), memory \(Int(memory)) GB/s")
    answer(Self.line(["kernel", "ms", "GFLOP/s", "GB/s", "share"]))
    for shape in BlockShape.all {
      let cases =
        shape.productCases + shape.attentionCases + shape.rowCases + shape.parameterCases
      for kernel in cases {
        let name = "\(shape.model) \(kernel.name)"
        guard only.map(name.contains) ?? true else { continue }
        let result = KernelMeasurement(of: kernel, on: &machine)
        answer(
          Self.line([
            name, decimal(result.seconds * 1e3, places: 3), decimal(result.gigaflops, places: 1),
            decimal(result.gigabytes, places: 1), "\(Int((100 * result.share).rounded())) %",
          ]))
      }
    }
  }

  private static func line(_ columns: [String]) -> String {
    columns[0].padding(toLength: 36, withPad: " ", startingAt: 0)
      + columns.dropFirst().map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }
      .joined()
  }
}

private func decimal(_ value: Double, places: Int) -> String {
  String(format: "%.\(places)f", value)
}
