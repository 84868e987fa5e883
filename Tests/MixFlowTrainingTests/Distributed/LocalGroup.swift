import Foundation
import MixFlowTraining
import Synchronization

/// Processes of a group, played by threads of this one.
enum LocalGroup {
  /// Runs `body` as each of several processes and returns what they return, by rank.
  static func run<R: Sendable>(
    _ size: Int, _ body: @escaping @Sendable (ProcessGroup) throws -> R
  ) throws -> [R] {
    let hub = Hub(size: size)
    let results = Mutex<[Int: Result<R, any Error>]>([:])
    let done = DispatchSemaphore(value: 0)
    for rank in 0..<size {
      let thread = Thread {
        let result = Result {
          try body(ProcessGroup { LocalCollectives(hub: hub, rank: rank) })
        }
        results.withLock { $0[rank] = result }
        done.signal()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    for _ in 0..<size { done.wait() }
    return try results.withLock { results in
      try (0..<size).map { rank in
        guard let result = results[rank] else { preconditionFailure("rank \(rank) is lost") }
        return try result.get()
      }
    }
  }
}

/// Where the threads leave what others copy.
private final class Hub: Sendable {
  let size: Int
  private let condition = NSCondition()
  private let state: Mutex<(arrived: Int, round: Int, parts: [Int: [UInt8]])>

  init(size: Int) {
    self.size = size
    state = Mutex((0, 0, [:]))
  }

  /// Leaves bytes, waits for all, and returns what all left, by rank.
  func exchange(_ bytes: [UInt8], rank: Int) -> [[UInt8]] {
    condition.lock()
    defer { condition.unlock() }
    let round = state.withLock { state in
      state.parts[rank] = bytes
      state.arrived += 1
      return state.round
    }
    if state.withLock({ $0.arrived == size }) {
      state.withLock { ($0.arrived, $0.round) = (0, round + 1) }
      condition.broadcast()
    }
    while state.withLock({ $0.round == round }) { condition.wait() }
    return state.withLock { state in (0..<size).map { state.parts[$0] ?? [] } }
  }
}

/// Transfers through the memory of one process.
private struct LocalCollectives: Collectives {
  let hub: Hub
  let rank: Int
  var size: Int { hub.size }

  func allToAll(_ send: UnsafeRawBufferPointer, into receive: UnsafeMutableRawBufferPointer) {
    let part = send.count / size
    let all = exchange(send)
    for (source, bytes) in all.enumerated() {
      let own = bytes[rank * part..<(rank + 1) * part]
      UnsafeMutableRawBufferPointer(rebasing: receive[source * part..<(source + 1) * part])
        .copyBytes(from: own)
    }
  }

  func allGather(_ part: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) {
    all.copyBytes(from: exchange(part).flatMap { $0 })
  }

  func broadcast(_ data: UnsafeMutableRawBufferPointer, from root: Int) {
    data.copyBytes(from: exchange(UnsafeRawBufferPointer(data))[root])
  }

  func abort(code: Int32) {}
  func finish() {}

  /// All have read before any may leave new bytes: the second exchange tells.
  private func exchange(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
    let all = hub.exchange(Array(bytes), rank: rank)
    _ = hub.exchange([], rank: rank)
    return all
  }
}
