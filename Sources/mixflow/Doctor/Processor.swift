import Foundation

/// The processor and how much of it this process may use.
package struct Processor: Encodable, Equatable, Sendable {
  /// The name that the manufacturer gave it, or `unknown`.
  package var model: String
  /// The vector extensions that matter here, of those it has.
  package var features: [String]
  /// The processors of the machine.
  package var present: Int
  /// Those that this process may run on.
  package var allowed: Int
  /// The processors' worth of time that its control group grants, or nil for no limit.
  package var quota: Double?
  /// The processes that wanted to run in the last minute.
  package var load: Double?

  /// The extensions that kernels of matrix products are written for.
  private static let relevant = [
    "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16",
    "amx_tile", "amx_bf16", "asimd", "sve",
  ]

  /// Describes a processor.
  package init(
    model: String, features: [String], present: Int, allowed: Int, quota: Double? = nil,
    load: Double? = nil
  ) {
    self.model = model
    self.features = features
    self.present = present
    self.allowed = allowed
    self.quota = quota
    self.load = load
  }

  /// Asks the system.
  static func current() -> Processor {
    let text = SystemFile("/proc/cpuinfo")
    let flags = Set(
      (text["flags"] ?? text["Features"] ?? "").split(separator: " ").map(String.init))
    let list = SystemFile("/proc/self/status")["Cpus_allowed_list"]
    return Processor(
      model: text["model name"] ?? "unknown", features: relevant.filter(flags.contains),
      present: ProcessInfo.processInfo.processorCount,
      allowed: list.flatMap(count(ofList:)) ?? ProcessInfo.processInfo.activeProcessorCount,
      quota: quota,
      load: SystemFile("/proc/loadavg").words.first.flatMap(Double.init))
  }

  /// The best family of OpenBLAS kernels that the processor can run.
  package var bestKernels: KernelFamily {
    let has = Set(features)
    if has.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl"]) { return .avx512 }
    if has.isSuperset(of: ["avx2", "fma"]) { return .avx2 }
    return .other
  }

  /// Counts a list such as `0-3,6`.
  package static func count(ofList list: String) -> Int? {
    var count = 0
    for part in list.split(separator: ",") {
      let ends = part.split(separator: "-").map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else {
        return nil
      }
      count += last - first + 1
    }
    return count > 0 ? count : nil
  }

  /// Reads the limit of control groups of version 2, else 1.
  private static var quota: Double? {
    let words = SystemFile("/sys/fs/cgroup/cpu.max").words
    if words.count == 2 {
      guard let quota = Double(words[0]), let period = Double(words[1]) else { return nil }
      return quota / period
    }
    let folder = "/sys/fs/cgroup/cpu"
    guard let quota = SystemFile("\(folder)/cpu.cfs_quota_us").words.first.flatMap(Double.init),
      let period = SystemFile("\(folder)/cpu.cfs_period_us").words.first.flatMap(Double.init),
      quota > 0
    else { return nil }
    return quota / period
  }
}

/// What OpenBLAS' kernels are written for, from slow to fast.
package enum KernelFamily: Int, Comparable, Sendable {
  case other
  case avx
  case avx2
  case avx512

  /// Compares speeds.
  package static func < (a: KernelFamily, b: KernelFamily) -> Bool { a.rawValue < b.rawValue }

  /// Reads the name that `openblas_get_corename` returns.
  package init(core: String) {
    self =
      switch core.lowercased() {
      case "skylakex", "cooperlake", "sapphirerapids", "graniterapids": .avx512
      case "haswell", "zen", "excavator": .avx2
      case "sandybridge", "bulldozer", "piledriver", "steamroller": .avx
      default: .other
      }
  }
}

/// A small text file of the system, empty where it is missing.
struct SystemFile {
  private let text: String

  init(_ path: String) {
    text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }

  /// The words of the whole file.
  var words: [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }

  /// The value in the first line `key : value`.
  subscript(key: String) -> String? {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == key {
        return parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
    return nil
  }
}
