import Foundation
import Synchronization

/// One transfer or several that were asked for.
package final class PendingTransfer: Sendable {
  private let state = Mutex<Result<Void, any Error>?>(nil)
  private let condition = NSCondition()

  /// Waits for the end.
  ///
  /// - Throws: What stopped the transfers, or those before them.
  package func wait() throws {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let result = state.withLock({ $0 }) { return try result.get() }
      condition.wait()
    }
  }

  fileprivate func end(_ result: Result<Void, any Error>) {
    condition.lock()
    defer { condition.unlock() }
    state.withLock { $0 = result }
    condition.broadcast()
  }
}

/// A thread that makes transfers one after another.
///
/// MPI is started by this thread and called by no other, which is all that a library must allow.
final class TransferLane: Sendable {
  private typealias Transfers = @Sendable (any Collectives) throws -> Void

  private let queue = Mutex<[(work: Transfers, pending: PendingTransfer)]>([])
  private let condition = NSCondition()

  /// Starts the thread.
  ///
  /// - Parameter collectives: Called on it first.
  /// - Throws: What `collectives` throws.
  func start(_ collectives: @escaping @Sendable () throws -> any Collectives) throws {
    let started = PendingTransfer()
    let thread = Thread { [self] in
      do {
        let made = try collectives()
        started.end(.success(()))
        work(with: made)
      } catch {
        started.end(.failure(error))
      }
    }
    thread.name = "mixflow transfers"
    thread.start()
    try started.wait()
  }

  /// Appends transfers.
  func enqueue(_ work: @escaping @Sendable (any Collectives) throws -> Void) -> PendingTransfer {
    let pending = PendingTransfer()
    condition.lock()
    defer { condition.unlock() }
    queue.withLock { $0.append((work, pending)) }
    condition.signal()
    return pending
  }

  /// Ends all processes, also when the thread waits for one that will never answer.
  func abort(code: Int32) -> Never {
    _ = enqueue { $0.abort(code: code) }
    // A launcher ends the others when one ends without leave.
    Thread.sleep(forTimeInterval: 2)
    _exit(code)
  }

  /// Takes leave of the other processes.
  func finish() { try? enqueue { $0.finish() }.wait() }

  private func work(with collectives: any Collectives) {
    var failure: (any Error)?
    while true {
      let (work, pending) = next()
      // After a failure the processes are no longer in step.
      if let failure {
        pending.end(.failure(failure))
        continue
      }
      let result = Result { try work(collectives) }
      if case .failure(let error) = result { failure = error }
      pending.end(result)
    }
  }

  private func next() -> (work: Transfers, pending: PendingTransfer) {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let first = queue.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return first }
      condition.wait()
    }
  }
}
