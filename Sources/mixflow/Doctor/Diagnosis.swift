/// Something that a user should know of a machine.
package struct Finding: Encodable, Equatable, Sendable {
  /// Whether it must be mended, or is only good to know.
  package let isProblem: Bool
  /// What is wrong.
  package let fault: String
  /// What to do.
  package let mend: String

  static func problem(_ fault: String, mend: String) -> Finding {
    Finding(isProblem: true, fault: fault, mend: mend)
  }

  static func note(_ fault: String, mend: String) -> Finding {
    Finding(isProblem: false, fault: fault, mend: mend)
  }
}

extension Machine {
  /// What is wrong, and how to mend it.
  package var findings: [Finding] {
    var findings: [Finding] = []
    if !isRelease {
      findings.append(
        .problem(
          "this is a debug build, many times slower than a release build",
          mend: "swift build -c release, then .build/release/mixflow"))
    }
    findings += blasFindings + processorFindings
    if !blas.hasLAPACKE {
      findings.append(
        .problem(
          "LAPACKE is not installed; 'mixflow evaluate' needs it",
          mend: "apt-get install liblapacke-dev"))
    }
    if hugePages == "never" {
      findings.append(
        .note(
          "huge pages are off, which makes fresh memory slow",
          mend: "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"))
    }
    return findings
  }

  private var blasFindings: [Finding] {
    guard ownProducts == nil else { return [] }
    if let error = blas.error {
      let named = environment["MIXFLOW_BLAS"]
      return [
        .problem(
          "no BLAS was loaded, products are very slow: \(error)",
          mend: named.map { "MIXFLOW_BLAS names '\($0)': correct it or unset it" }
            ?? "apt-get install libopenblas-dev, or name a library with MIXFLOW_BLAS")
      ]
    }
    // Only OpenBLAS tells its kernels.
    guard !blas.core.isEmpty else { return [] }
    let (found, best) = (KernelFamily(core: blas.core), processor.bestKernels)
    guard found < best else { return [] }
    let fault = "OpenBLAS uses its '\(blas.core)' kernels, slower ones than this processor can run"
    let mend =
      environment["OPENBLAS_CORETYPE"].map { "OPENBLAS_CORETYPE is set to '\($0)': unset it" }
      ?? "install a newer OpenBLAS that chooses kernels at run time, and name it with MIXFLOW_BLAS"
    return [found < .avx2 ? .problem(fault, mend: mend) : .note(fault, mend: mend)]
  }

  private var processorFindings: [Finding] {
    var findings: [Finding] = []
    let usable = min(processor.allowed, processor.quota.map { max(1, Int($0)) } ?? .max)
    if threads > usable {
      findings.append(
        .problem(
          "more threads (\(threads)) than processors that this process may use (\(usable))",
          mend: "pass --threads \(usable)"))
    }
    if usable < processor.present {
      findings.append(
        .note(
          "this process may use \(usable) of \(processor.present) processors",
          mend: "widen its affinity (taskset) or the limit of its container"))
    }
    return findings
  }
}
