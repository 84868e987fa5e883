import MixFlowTensor
import Synchronization
import Testing

/// Parallel loops call their body once for each index, whoever else runs loops.
@Suite struct ParallelLoopTests {
  @Test func everyIndexIsVisitedOnce() {
    for count in [0, 1, 2, 3, 64, 1000] {
      for workers in [1, 2, 3, 17] {
        #expect(visits(count, workers: workers) == Array(repeating: 1, count: count))
      }
    }
  }

  @Test func shortLoopsInARow() {
    for _ in 0..<20_000 {
      let sum = Atomic(0)
      parallelForEach(4, workers: 3) { sum.add($0, ordering: .relaxed) }
      #expect(sum.load(ordering: .relaxed) == 6)
    }
  }

  @Test func aLoopInsideALoop() {
    let sum = Atomic(0)
    parallelForEach(8, workers: 4) { outer in
      parallelForEach(5, workers: 2) { sum.add(outer * $0, ordering: .relaxed) }
    }
    #expect(sum.load(ordering: .relaxed) == 280)
  }

  @Test func loopsOfSeveralThreads() async {
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          (0..<500).allSatisfy { _ in
            self.visits(9, workers: 3) == Array(repeating: 1, count: 9)
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }

  private func visits(_ count: Int, workers: Int) -> [Int] {
    let seen = Mutex(Array(repeating: 0, count: count))
    parallelForEach(count, workers: workers) { index in seen.withLock { $0[index] += 1 } }
    return seen.withLock { $0 }
  }
}
