import MixFlowTensor

/// Which process keeps the optimizer's state and the EMA of which parameter: ZeRO's first stage
/// (Rajbhandari et al., 2020), by whole parameters.
struct OptimizerShards {
  private let owners: [ObjectIdentifier: Int]

  /// Gives each parameter, the largest first, to the process that has least.
  ///
  /// - Parameters:
  ///   - parameters: The trainable parameters, the same in all processes.
  ///   - processes: The number of processes.
  init(_ parameters: [Parameter], processes: Int) {
    var loads = [Int](repeating: 0, count: processes)
    var owners: [ObjectIdentifier: Int] = [:]
    let bySize = parameters.enumerated().sorted {
      ($1.element.value.count, $0.offset) < ($0.element.value.count, $1.offset)
    }
    for (_, parameter) in bySize {
      let least = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) } ?? 0
      owners[ObjectIdentifier(parameter)] = least
      loads[least] += parameter.value.count
    }
    self.owners = owners
  }

  /// The rank that keeps a parameter's state.
  func owner(of parameter: Parameter) -> Int { owners[ObjectIdentifier(parameter)] ?? 0 }
}
