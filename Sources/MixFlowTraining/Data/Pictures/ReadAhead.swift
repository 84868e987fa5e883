import Foundation
import MixFlowTensor
import Synchronization

/// Makes values in background threads before they are asked for.
///
/// A value depends on its index alone, so how far the threads have come changes the time and nothing
/// else. A value that no thread has begun is made by the one who asks.
package final class ReadAhead<Value: Sendable>: Sendable {
  private let work: Work
  private let threads: Int
  private let hasStarted = Mutex(false)

  /// Prepares the threads, which start when something is expected.
  ///
  /// - Parameters:
  ///   - threads: Their number, at least 1.
  ///   - make: Makes the value of an index, on any thread.
  package init(threads: Int, make: @escaping @Sendable (Int) -> Value) {
    precondition(threads > 0, "\(threads) threads")
    self.threads = threads
    work = Work(make: make)
  }

  deinit { work.close() }

  /// Replaces the list of what will be asked for; values beyond it are forgotten.
  ///
  /// - Parameter indices: The indices, in the order of their use. All their values may be in memory
  ///   at once.
  package func expect(_ indices: [Int]) {
    startThreads()
    work.plan(indices)
  }

  /// Returns the value of an index, which is forgotten then.
  package func value(of index: Int) -> Value { work.take(index) }

  private func startThreads() {
    let isFirst = hasStarted.withLock { hasStarted in
      defer { hasStarted = true }
      return !hasStarted
    }
    guard isFirst else { return }
    for _ in 0..<threads {
      // Threads know the work and not its owner, whose end ends them.
      let thread = Thread { [work] in work.run() }
      thread.name = "mixflow reader"
      thread.start()
    }
  }

  /// What threads and the one who asks share.
  private final class Work: Sendable {
    private enum Entry {
      case planned
      case begun
      case made(Value)
    }

    private struct State {
      var entries: [Int: Entry] = [:]
      /// What is still to be begun, the next at the end.
      var queue: [Int] = []
      var isClosed = false
    }

    private let make: @Sendable (Int) -> Value
    private let state = Mutex(State())
    /// Guards the waiting; `state` is changed only by those who hold it.
    private let condition = NSCondition()

    init(make: @escaping @Sendable (Int) -> Value) { self.make = make }

    private func change(_ body: (inout State) -> Void) {
      condition.lock()
      state.withLock { body(&$0) }
      condition.unlock()
      condition.broadcast()
    }

    func close() { change { $0.isClosed = true } }

    func plan(_ indices: [Int]) {
      change { state in
        var entries: [Int: Entry] = [:]
        for index in indices { entries[index] = state.entries[index] ?? .planned }
        state.entries = entries
        state.queue = indices.reversed().filter {
          if case .planned = entries[$0] { true } else { false }
        }
      }
    }

    func take(_ index: Int) -> Value {
      condition.lock()
      while true {
        let (mustWait, value) = state.withLock { state -> (Bool, Value?) in
          switch state.entries[index] {
          case .begun: return (true, nil)
          case .made(let value):
            state.entries[index] = nil
            return (false, value)
          case .planned, nil:
            state.entries[index] = nil
            return (false, nil)
          }
        }
        guard mustWait else {
          condition.unlock()
          return value ?? make(index)
        }
        condition.wait()
      }
    }

    func run() {
      while let index = next() {
        let value = make(index)
        change { state in
          // Nobody may want it any more.
          if state.entries[index] != nil { state.entries[index] = .made(value) }
        }
      }
    }

    /// Waits for an index to begin; nil at the end.
    private func next() -> Int? {
      condition.lock()
      defer { condition.unlock() }
      while true {
        let (isClosed, found) = state.withLock { state -> (Bool, Int?) in
          guard !state.isClosed else { return (true, nil) }
          while let index = state.queue.popLast() {
            if case .planned = state.entries[index] {
              state.entries[index] = .begun
              return (false, index)
            }
          }
          return (false, nil)
        }
        if isClosed || found != nil { return found }
        condition.wait()
      }
    }
  }
}
