import CKernels
import Dispatch
import Synchronization

/// How work is shared between threads.
///
/// Kernels cut their work into pieces of fixed size, so that a result does not depend on the number
/// of threads, only its time does.
public enum Parallelism {
  private static let chosen = Atomic<Int>(Int(mixflow_allowed_processors()))

  /// The number of threads that kernels use, at least 1; at first, the number of allowed processors.
  public static var threads: Int {
    get { chosen.load(ordering: .relaxed) }
    set { chosen.store(max(1, newValue), ordering: .relaxed) }
  }
}

/// Calls `body` once for each index below `count`, on several threads.
///
/// - Parameters:
///   - count: The number of pieces of work.
///   - workers: The most threads to use.
///   - body: Does one piece; it must write only what no other piece reads or writes.
package func parallelForEach(
  _ count: Int, workers: Int = Parallelism.threads, _ body: @Sendable (Int) -> Void
) {
  let workers = min(workers, count)
  guard workers > 1 else {
    for index in 0..<count { body(index) }
    return
  }
  if WorkerPool.shared.run(count, helpers: workers - 1, body) { return }
  // The pool serves one loop at a time; Dispatch shares the processors between others.
  let next = Atomic<Int>(0)
  DispatchQueue.concurrentPerform(iterations: workers) { _ in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body(index)
    }
  }
}

/// Cuts `0..<count` into ranges of `piece` and calls `body` for each, on several threads.
func parallelRanges(_ count: Int, piece: Int, _ body: @Sendable (Range<Int>) -> Void) {
  let pieces = (count + piece - 1) / piece
  parallelForEach(pieces) { index in
    body(index * piece..<min(count, (index + 1) * piece))
  }
}

/// The number of elements in a piece of an elementwise kernel: it fits a core's first cache.
let elementsPerPiece = 16_384

/// The number of rows of `width` in a piece of a kernel over rows.
func rowsPerPiece(width: Int) -> Int { max(1, elementsPerPiece / max(width, 1)) }
