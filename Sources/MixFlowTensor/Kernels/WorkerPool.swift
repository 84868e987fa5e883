import CKernels
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Threads that take part in one parallel loop after another.
///
/// A training step has hundreds of loops with a few microseconds between them, so a worker stays
/// awake for a moment after each. A loop waits only for workers that took part in it: one that
/// another program keeps from its processor delays nobody.
///
/// Unchecked: `body` and `count` are written by the owner of the pool while the loop is closed and
/// no worker is inside, and read by workers between joining and leaving.
final class WorkerPool: @unchecked Sendable {
  static let shared = WorkerPool()

  /// The loop that workers may join, in one word that changes at once.
  private struct Loop: Equatable {
    var bits: UInt64

    static let placeShift: UInt64 = 16
    static let open: UInt64 = 1 << 32
    static let generation: UInt64 = 1 << 33

    var joined: UInt64 { bits & 0xFFFF }
    var isOpen: Bool { bits & Self.open != 0 }
    var hasPlace: Bool { isOpen && joined < bits >> Self.placeShift & 0xFFFF }
    var number: UInt64 { bits / Self.generation }

    /// The next loop, open for `places` workers.
    func next(places: Int) -> Loop {
      Loop(bits: (number + 1) * Self.generation | Self.open | UInt64(places) << Self.placeShift)
    }
  }

  private static let spinsAwake = 4000
  private static let spinsBeforeYielding = 20_000
  private static let mostWorkers = 1023

  private let loop = Atomic<UInt64>(0)
  private let nextIndex = Atomic<Int>(0)
  private let isOwned = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private let alarm = DispatchSemaphore(value: 0)
  private var threads = 0
  private var body: @Sendable (Int) -> Void = { _ in }
  private var count = 0

  /// Calls `body` for each index below `count`, on this thread and up to `helpers` workers.
  ///
  /// - Returns: False, with nothing done, when another thread, or a caller of this one, is inside.
  func run(_ count: Int, helpers: Int, _ body: @Sendable (Int) -> Void) -> Bool {
    guard !isOwned.exchange(true, ordering: .acquiring) else { return false }
    defer { isOwned.store(false, ordering: .releasing) }
    let helpers = min(helpers, Self.mostWorkers)
    startThreads(helpers)
    withoutActuallyEscaping(body) { body in
      self.body = body
      self.count = count
      nextIndex.store(0, ordering: .relaxed)
      let opened = Loop(bits: loop.load(ordering: .relaxed)).next(places: helpers)
      loop.store(opened.bits, ordering: .sequentiallyConsistent)
      wakeSleepers(atMost: helpers)
      takeIndices()
      close()
      self.body = { _ in }
    }
    return true
  }

  private func takeIndices() {
    while true {
      let index = nextIndex.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body(index)
    }
  }

  /// Lets nobody in any more and waits for those inside.
  private func close() {
    var left = Loop(bits: loop.bitwiseAnd(~Loop.open, ordering: .acquiring).newValue)
    var spins = 0
    while left.joined > 0 {
      spins += 1
      if spins < Self.spinsBeforeYielding { mixflow_pause() } else { sched_yield() }
      left = Loop(bits: loop.load(ordering: .acquiring))
    }
  }

  private func wakeSleepers(atMost limit: Int) {
    for _ in 0..<limit {
      guard takeSleeper() else { return }
      alarm.signal()
    }
  }

  /// Takes one worker off the list of those that wait for the alarm.
  private func takeSleeper() -> Bool {
    var asleep = sleepers.load(ordering: .sequentiallyConsistent)
    while asleep > 0 {
      let (taken, now) = sleepers.weakCompareExchange(
        expected: asleep, desired: asleep - 1, ordering: .sequentiallyConsistent)
      if taken { return true }
      asleep = now
    }
    return false
  }

  // MARK: Workers

  private func startThreads(_ wanted: Int) {
    while threads < wanted {
      #if canImport(Darwin)
        var thread: pthread_t?
      #else
        var thread = pthread_t()
      #endif
      let failure = pthread_create(
        &thread, nil,
        { _ in
          WorkerPool.shared.work()
          return nil
        }, nil)
      // With fewer threads than wished the loops only take longer.
      guard failure == 0 else { return }
      threads += 1
    }
  }

  private func work() {
    var last: UInt64 = 0
    while true {
      let seen = waitForLoop(after: last)
      last = seen.number
      guard join(seen) else { continue }
      takeIndices()
      loop.subtract(1, ordering: .releasing)
    }
  }

  private func waitForLoop(after last: UInt64) -> Loop {
    var spins = 0
    while true {
      let seen = Loop(bits: loop.load(ordering: .sequentiallyConsistent))
      if seen.isOpen && seen.number != last { return seen }
      spins += 1
      guard spins > Self.spinsAwake else {
        mixflow_pause()
        continue
      }
      spins = 0
      sleep(unlessAfter: last)
    }
  }

  private func sleep(unlessAfter last: UInt64) {
    sleepers.add(1, ordering: .sequentiallyConsistent)
    let seen = Loop(bits: loop.load(ordering: .sequentiallyConsistent))
    // A loop that opened meanwhile may or may not have rung for this worker.
    if seen.isOpen && seen.number != last && takeSleeper() { return }
    alarm.wait()
  }

  private func join(_ seen: Loop) -> Bool {
    var current = seen
    while current.number == seen.number && current.hasPlace {
      let (joined, now) = loop.weakCompareExchange(
        expected: current.bits, desired: current.bits + 1, ordering: .acquiring)
      if joined { return true }
      current = Loop(bits: now)
    }
    return false
  }
}
