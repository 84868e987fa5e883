import MixFlowTensor
import Testing

@Suite struct FreeExtentsTests {
  @Test func takesFromTheEndOfTheSmallestThatFits() {
    var free = FreeExtents()
    for extent in [0..<100, 200..<240, 300..<350] { free.insert(extent) }
    #expect(free.take(40) == 200)
    #expect(free.take(40) == 310)
    #expect(free.take(40) == 60)
    #expect(free.take(61) == nil)
    #expect(free.extents == [0..<60, 300..<310])
  }

  @Test func neighboursMerge() {
    var free = FreeExtents()
    for extent in [10..<20, 30..<40, 50..<60, 40..<50] { free.insert(extent) }
    #expect(free.extents == [10..<20, 30..<60])
    free.insert(20..<30)
    #expect(free.extents == [10..<60])
    free.insert(0..<10)
    #expect(free.extents == [0..<60])
  }

  @Test func givesUpWholePagesAlone() {
    var free = FreeExtents()
    for extent in [5..<45, 50..<59, 60..<70] { free.insert(extent) }
    #expect(free.removePages(of: 10) == [10..<40, 60..<70])
    #expect(free.extents == [5..<10, 40..<45, 50..<59])
  }

  /// Blocks never overlap, and nothing is lost: after all are returned there is one extent.
  @Test(arguments: 0..<4 as Range<UInt64>)
  func holdsForAnyOrder(seed: UInt64) {
    var generator = Philox(seed: seed)
    var free = FreeExtents()
    free.insert(0..<1000)
    var blocks: [Range<Int>] = []
    for _ in 0..<500 {
      if blocks.isEmpty || Bool.random(using: &generator) {
        let size = Int.random(in: 1...120, using: &generator)
        guard let start = free.take(size) else {
          #expect(free.extents.allSatisfy { $0.count < size })
          continue
        }
        blocks.append(start..<start + size)
      } else {
        free.insert(blocks.remove(at: Int.random(in: blocks.indices, using: &generator)))
      }
      let all = (blocks + free.extents).sorted { $0.lowerBound < $1.lowerBound }
      #expect(all.reduce(0) { $0 + $1.count } == 1000)
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
      #expect(
        zip(free.extents, free.extents.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
    }
    for block in blocks { free.insert(block) }
    #expect(free.extents == [0..<1000])
  }
}
