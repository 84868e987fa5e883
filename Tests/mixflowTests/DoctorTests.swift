import Foundation
import MixFlowTestSupport
import Testing
import mixflow

@Suite struct DoctorTests {
  private static let avx512 = ["avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl"]

  private func machine(
    core: String = "Haswell", features: [String] = ["avx2", "fma"], error: String? = nil,
    hasLAPACKE: Bool = true, present: Int = 4, allowed: Int = 4, quota: Double? = nil,
    threads: Int = 4, isRelease: Bool = true, environment: [String: String] = [:]
  ) -> Machine {
    Machine(
      blas: BLASReport(
        library: "libopenblas.so.0", config: "", core: core, requestedCore: "", error: error,
        hasLAPACKE: hasLAPACKE),
      processor: Processor(
        model: "test", features: features, present: present, allowed: allowed, quota: quota),
      threads: threads, isRelease: isRelease, hugePages: "madvise", environment: environment)
  }

  @Test func findsNothingWrongWithAGoodMachine() {
    #expect(machine().findings.isEmpty)
    #expect(machine(core: "SkylakeX", features: Self.avx512).findings.isEmpty)
    #expect(machine(core: "Prescott", features: []).findings.isEmpty)
    #expect(machine(core: "").findings.isEmpty)
  }

  @Test func findsSlowKernels() throws {
    let findings = machine(core: "Prescott").findings
    #expect(findings.map(\.isProblem) == [true])
    #expect(findings[0].fault.contains("'Prescott'"))
    #expect(findings[0].mend.contains("MIXFLOW_BLAS"))
    let chosen = machine(core: "Nehalem", environment: ["OPENBLAS_CORETYPE": "Nehalem"]).findings
    #expect(chosen.map(\.mend) == ["OPENBLAS_CORETYPE is set to 'Nehalem': unset it"])
    #expect(machine(core: "Haswell", features: Self.avx512).findings.map(\.isProblem) == [false])
  }

  @Test func findsAMissingLibrary() {
    #expect(machine(core: "", error: "gone").findings[0].mend.contains("libopenblas-dev"))
    let named = machine(core: "", error: "gone", environment: ["MIXFLOW_BLAS": "x.so"]).findings
    #expect(named.map(\.mend) == ["MIXFLOW_BLAS names 'x.so': correct it or unset it"])
    #expect(machine(hasLAPACKE: false).findings[0].mend.contains("liblapacke-dev"))
  }

  @Test func ownProductsNeedNoBLAS() {
    var machine = machine(core: "Prescott", error: "gone")
    machine.ownProducts = "AVX2"
    #expect(machine.findings.isEmpty)
  }

  @Test func findsTooManyThreads() {
    #expect(machine(allowed: 2).findings.map(\.isProblem) == [true, false])
    #expect(machine(quota: 1.5).findings[0].mend == "pass --threads 1")
    #expect(machine(allowed: 2, threads: 2).findings.map(\.isProblem) == [false])
  }

  @Test func findsADebugBuild() {
    #expect(machine(isRelease: false).findings.map(\.isProblem) == [true])
  }

  @Test(
    arguments: [("0-3,6", 5), ("0", 1), ("", nil), ("3-1", nil), ("a", nil)] as [(String, Int?)])
  func countsProcessors(list: String, count: Int?) {
    #expect(Processor.count(ofList: list) == count)
  }

  /// Machines that lack something, as a person reads of them; `Tests/Messages` has the words.
  @Test func reportsInWords() throws {
    typealias Rate = SpeedTest.Rate
    func speed(_ one: Double, all: Double, products: Double, threads: Int = 4) -> SpeedTest {
      SpeedTest(
        registers: "AVX2",
        peak: (Rate(best: one, median: one / 2), Rate(best: all, median: all / 2)),
        products: (Rate(best: products, median: 1), Rate(best: 2 * products, median: 2)),
        threads: threads)
    }
    var bare = machine(
      core: "", features: [], error: "gone", hasLAPACKE: false, present: 8, allowed: 2,
      quota: 1.5, isRelease: false)
    (bare.hugePages, bare.processor.load) = ("never", 1.25)
    var ours = machine(core: "Haswell", environment: ["MIXFLOW_BLAS": "x.so"])
    (ours.ownProducts, ours.hugePages, ours.blas.requestedCore) = ("AVX2", nil, "Haswell")
    (ours.memory, ours.availableMemory, ours.blas.config) = (1 << 34, 1 << 33, "OpenBLAS 0.3")
    let reports = [
      ("all is wrong", DoctorReport(bare, speed: nil)),
      ("other programs run", DoctorReport(bare, speed: speed(100, all: 400, products: 80))),
      ("slow products", DoctorReport(ours, speed: speed(100, all: 150, products: 20))),
      ("slow kernels", DoctorReport(machine(core: "Prescott"), speed: nil)),
      (
        "one thread",
        DoctorReport(
          machine(threads: 1), speed: speed(100, all: 100, products: 80, threads: 1))
      ),
    ]
    // Trailing spaces are none of the words.
    try MessageTable("doctor").expect(
      reports.map { name, report in
        let lines = report.text.split(separator: "\n").map { $0.trimmingSuffix { $0 == " " } }
        return (name: name, text: lines.joined(separator: "\n"))
      }, replacing: ["0.1.0": "VERSION"])
  }

  @Test func reportsThisMachine() throws {
    let command = try Command("doctor", "--json", "--no-speed")
    let json = try JSONSerialization.jsonObject(with: Data(command.output.utf8))
    let report = try #require(json as? [String: Any])
    let findings = try #require(report["findings"] as? [[String: Any]])
    let isFine = !findings.contains { $0["is_problem"] as? Bool == true }
    #expect(command.code == (isFine ? 0 : 1))
  }

  @Test func failsWithoutABLAS() throws {
    let command = try Command("doctor", "--no-speed", environment: ["MIXFLOW_BLAS": "/none.so"])
    #expect(command.code == 1)
    #expect(command.output.contains("MIXFLOW_BLAS names '/none.so'"))
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while isSpace: (Character) -> Bool) -> Substring {
    self[..<(lastIndex { !isSpace($0) }.map(index(after:)) ?? startIndex)]
  }
}
