import MixFlowTestSupport
import MixFlowTraining
import Synchronization
import Testing

/// Values that threads make before they are asked for.
@Suite struct ReadAheadTests {
  @Test(arguments: [1, 3])
  func givesTheRightValuesInAnyOrder(threads: Int) {
    let ahead = ReadAhead(threads: threads) { $0 * $0 }
    var generator = SeededGenerator(seed: UInt64(threads))
    for _ in 0..<300 {
      let plan = (0..<8).map { _ in Int.random(in: 0..<12, using: &generator) }
      ahead.expect(plan)
      for index in plan.prefix(3) { #expect(ahead.value(of: index) == index * index) }
      #expect(ahead.value(of: 99) == 9801, "nobody expected it")
    }
  }

  @Test func worksAheadAndNoFurther() {
    let made = Mutex<[Int]>([])
    let ahead = ReadAhead(threads: 1) { index in
      made.withLock { $0.append(index) }
      return index
    }
    ahead.expect([5, 3, 8])
    // The last of them is made after the others.
    while made.withLock({ $0.count }) < 3 {}
    #expect(made.withLock { $0 } == [5, 3, 8])
    #expect([3, 8, 5].map(ahead.value) == [3, 8, 5])
    #expect(made.withLock { $0.count } == 3)
  }
}
