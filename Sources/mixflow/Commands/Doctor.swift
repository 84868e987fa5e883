import ArgumentParser
import MixFlowTensor

/// `mixflow doctor`.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell whether this machine is ready, how fast it is, and what to mend.",
    discussion: """
      Shows the BLAS library and the kernels it chose, the processor, threads and memory, and \
      measures for a few seconds how fast matrices are multiplied, next to the peak of the \
      processor's fused multiply-adds. Exits with 0 when nothing must be mended, with 1 otherwise; \
      notes do not count.

      Two variables choose: MIXFLOW_BLAS names another library, OPENBLAS_CORETYPE the kernels of \
      OpenBLAS (unset, the best for the processor are asked for).

        mixflow doctor
        mixflow doctor --no-speed --json
      """)

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  @Flag(inversion: .prefixedNo, help: "Measure speeds.")
  var speed = true

  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    let machine = Machine.current()
    let report = DoctorReport(
      machine, speed: speed ? SpeedTest(threads: machine.threads) : nil)
    try StandardStream.print(json ? try prettyJSON(report) : report.text)
    if !report.isFine { throw ExitCode.failure }
  }
}
