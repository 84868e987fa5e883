import MixFlowTensor

/// Sums gradients over all processes, a window of floats at a time.
///
/// Each process adds up one part of the window for all, and hands the sums out: every process receives
/// the same bits, and no link carries more than twice the window.
///
/// Unchecked: it is used on the group's thread alone, by transfers that run one after another.
final class GradientWindow: @unchecked Sendable {
  private let wire: GradientWire
  private let capacity: Int
  private let size: Int
  private var values: [Float]
  private var parts: [Float]
  private var sent: [UInt16]
  private var received: [UInt16]

  /// Reserves the memory.
  ///
  /// - Parameters:
  ///   - floats: The floats of a window.
  ///   - size: The number of processes.
  ///   - wire: What is sent.
  init(floats: Int, size: Int, wire: GradientWire) {
    self.wire = wire
    self.size = size
    capacity = (floats + size - 1) / size * size
    values = Array(repeating: 0, count: capacity)
    parts = values
    let halves = wire == .bfloat16 ? capacity : 0
    sent = Array(repeating: 0, count: halves)
    received = sent
  }

  /// Replaces the values of all tensors, one after another, by their sums over the processes.
  func sum(_ tensors: inout [Tensor], over collectives: any Collectives) throws {
    let total = tensors.reduce(0) { $0 + $1.count }
    var position = 0
    while position < total {
      let count = min(capacity, total - position)
      copy(&tensors, from: position, count: count, isReading: true)
      // The last window is padded, so that its parts are equal.
      let padded = (count + size - 1) / size * size
      for index in count..<padded { values[index] = 0 }
      switch wire {
      case .float32: try sumFloats(padded, collectives)
      case .bfloat16: try sumHalves(padded, collectives)
      }
      copy(&tensors, from: position, count: count, isReading: false)
      position += count
    }
  }

  private func sumFloats(_ count: Int, _ collectives: any Collectives) throws {
    try values.withUnsafeMutableBytes { values in
      let values = UnsafeMutableRawBufferPointer(rebasing: values[..<(4 * count)])
      try parts.withUnsafeMutableBufferPointer { parts in
        let parts = UnsafeMutableBufferPointer(rebasing: parts[..<count])
        try collectives.allToAll(
          UnsafeRawBufferPointer(values), into: UnsafeMutableRawBufferPointer(parts))
        PartSums.reduce(parts, count: size)
        try collectives.allGather(
          UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: parts[..<(count / size)])),
          into: values)
      }
    }
  }

  private func sumHalves(_ count: Int, _ collectives: any Collectives) throws {
    try sent.withUnsafeMutableBytes { sent in
      let sent = UnsafeMutableRawBufferPointer(rebasing: sent[..<(2 * count)])
      try received.withUnsafeMutableBytes { received in
        let received = UnsafeMutableRawBufferPointer(rebasing: received[..<(2 * count)])
        Halves.narrow(values, into: sent, count: count)
        try collectives.allToAll(UnsafeRawBufferPointer(sent), into: received)
        Halves.widen(received, into: &parts, count: count)
        parts.withUnsafeMutableBufferPointer {
          PartSums.reduce(UnsafeMutableBufferPointer(rebasing: $0[..<count]), count: size)
        }
        Halves.narrow(parts, into: sent, count: count / size)
        try collectives.allGather(
          UnsafeRawBufferPointer(rebasing: sent[..<(2 * count / size)]), into: received)
        Halves.widen(received, into: &values, count: count)
      }
    }
  }

  /// Copies a range of the concatenated tensors into the window, or back.
  private func copy(_ tensors: inout [Tensor], from start: Int, count: Int, isReading: Bool) {
    var offset = 0
    for index in tensors.indices {
      let range = offset..<offset + tensors[index].count
      offset = range.upperBound
      let common = range.clamped(to: start..<start + count)
      guard !common.isEmpty else { continue }
      let inTensor = common.lowerBound - range.lowerBound..<common.upperBound - range.lowerBound
      let inWindow = common.lowerBound - start..<common.upperBound - start
      values.withUnsafeMutableBufferPointer { values in
        if isReading {
          tensors[index].withUnsafeBufferPointer {
            _ = values[inWindow].update(fromContentsOf: $0[inTensor])
          }
        } else {
          tensors[index].withUnsafeMutableBufferPointer {
            _ = $0[inTensor].update(fromContentsOf: values[inWindow])
          }
        }
      }
    }
  }
}

/// Rounding between float32 and bfloat16.
private enum Halves {
  /// Rounds to the nearest, ties to even; what is not a number stays so.
  static func narrow(_ values: [Float], into halves: UnsafeMutableRawBufferPointer, count: Int) {
    halves.withMemoryRebound(to: UInt16.self) { halves in
      for index in 0..<count {
        let bits = values[index].bitPattern
        let rounded = bits &+ 0x7FFF &+ (bits >> 16 & 1)
        halves[index] = UInt16(
          truncatingIfNeeded: (values[index].isNaN ? bits | 0x40_0000 : rounded) >> 16)
      }
    }
  }

  static func widen(_ halves: UnsafeMutableRawBufferPointer, into values: inout [Float], count: Int)
  {
    halves.withMemoryRebound(to: UInt16.self) { halves in
      for index in 0..<count { values[index] = Float(bitPattern: UInt32(halves[index]) << 16) }
    }
  }
}
