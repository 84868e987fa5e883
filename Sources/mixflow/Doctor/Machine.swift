import CBLAS
import Foundation
import MixFlowTensor

/// The BLAS that was loaded.
package struct BLASReport: Encodable, Equatable, Sendable {
  /// The path of the library, or `built-in`.
  package var library: String
  /// The library's own description of its build and version.
  package var config: String
  /// The family of kernels that it uses.
  package var core: String
  /// The family that was asked for, or nothing where the user or the library chose.
  package var requestedCore: String
  /// Why none could be loaded.
  package var error: String?
  /// Whether LAPACKE is there, which `mixflow evaluate` needs.
  package var hasLAPACKE: Bool

  /// Describes a BLAS.
  package init(
    library: String, config: String, core: String, requestedCore: String, error: String?,
    hasLAPACKE: Bool
  ) {
    self.library = library
    self.config = config
    self.core = core
    self.requestedCore = requestedCore
    self.error = error
    self.hasLAPACKE = hasLAPACKE
  }

  /// Loads the BLAS and asks it.
  static func current() -> BLASReport {
    let info = mixflow_blas_load().pointee
    func text(_ pointer: UnsafePointer<CChar>?) -> String {
      pointer.map { String(cString: $0) } ?? ""
    }
    var (matrix, eigenvalue) = (1.0, 0.0)
    return BLASReport(
      library: text(info.library), config: text(info.config), core: text(info.core),
      requestedCore: text(info.requested_core),
      error: info.error == nil ? nil : text(info.error),
      hasLAPACKE: mixflow_dsyevd(1, &matrix, &eigenvalue) == 0)
  }
}

/// The machine and how this program was built for it.
package struct Machine: Encodable, Equatable, Sendable {
  package var blas: BLASReport
  /// The instruction set of this program's own matrix products, or nil where the BLAS makes them.
  package var ownProducts: String?
  package var processor: Processor
  /// Threads that kernels use.
  package var threads: Int
  /// Whether the compiler optimized.
  package var isRelease: Bool
  /// Bytes of memory, and of them those that are free for use.
  package var memory: Int?
  package var availableMemory: Int?
  /// `always`, `madvise` or `never`, where the system has huge pages.
  package var hugePages: String?
  /// The variables that users choose a BLAS and its kernels with.
  package var environment: [String: String]

  /// The variables that matter.
  private static let variables = ["MIXFLOW_BLAS", "OPENBLAS_CORETYPE"]

  /// Describes a machine.
  package init(
    blas: BLASReport, ownProducts: String? = nil, processor: Processor, threads: Int,
    isRelease: Bool = true, memory: Int? = nil, availableMemory: Int? = nil,
    hugePages: String? = nil,
    environment: [String: String] = [:]
  ) {
    self.blas = blas
    self.ownProducts = ownProducts
    self.processor = processor
    self.threads = threads
    self.isRelease = isRelease
    self.memory = memory
    self.availableMemory = availableMemory
    self.hugePages = hugePages
    self.environment = environment
  }

  /// Asks the system.
  static func current() -> Machine {
    #if DEBUG
      let isRelease = false
    #else
      let isRelease = true
    #endif
    let memory = SystemFile("/proc/meminfo")
    func bytes(_ key: String) -> Int? {
      memory[key]?.split(separator: " ").first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    let environment = ProcessInfo.processInfo.environment
    let pages = SystemFile("/sys/kernel/mm/transparent_hugepage/enabled").words
    return Machine(
      blas: .current(), ownProducts: ProductTile.ofProcessor?.instructions,
      processor: .current(), threads: Parallelism.threads, isRelease: isRelease,
      memory: bytes("MemTotal"), availableMemory: bytes("MemAvailable"),
      hugePages: pages.first { $0.hasPrefix("[") }.map { String($0.dropFirst().dropLast()) },
      environment: environment.filter { variables.contains($0.key) && !$0.value.isEmpty })
  }
}
