import MixFlowTensor
import Testing

@Suite struct MemoryPoolTests {
  @Test(arguments: [1, 15, 16, 17, 1000, 1 << 20])
  func aFreedBlockIsUsedAgain(count: Int) {
    let pool = MemoryPool()
    let first = pool.take(count: count)
    let second = pool.take(count: count)
    #expect(first != second)
    pool.give(back: first, count: count)
    #expect(pool.take(count: count) == first)
    pool.give(back: first, count: count)
    pool.give(back: second, count: count)
    pool.trim()
  }

  @Test(arguments: [1, 100, 1 << 20])
  func blocksAreAlignedAndWhole(count: Int) {
    let pool = MemoryPool()
    let block = pool.take(count: count)
    #expect(UInt(bitPattern: block) % 64 == 0)
    block.initialize(repeating: 1, count: count)
    #expect(block[count - 1] == 1)
    pool.give(back: block, count: count)
    pool.trim()
  }

  @Test func aBlockGoesToSizesOfItsClassOnly() {
    let pool = MemoryPool()
    let block = pool.take(count: 1000)
    pool.give(back: block, count: 1000)
    let larger = pool.take(count: 2000)
    #expect(larger != block)
    pool.give(back: larger, count: 2000)
    pool.trim()
  }
}
