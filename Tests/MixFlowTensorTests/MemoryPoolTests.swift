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

  /// What activations of any sizes leave free serves gradients of others.
  @Test func largeBlocksShareMemory() {
    let pool = MemoryPool()
    let whole = 4 << 20
    pool.give(back: pool.take(count: whole), count: whole)
    let usage = pool.usage
    #expect(usage.requests == 1 && usage.held == 4 * whole)
    for sizes in [[1, 1, 1, 1], [4], [3, 1], [1, 2, 1]] {
      let counts = sizes.map { $0 << 20 }
      let blocks = counts.map { pool.take(count: $0) }
      for (index, block) in blocks.enumerated() {
        block.initialize(repeating: Float(index), count: counts[index])
      }
      for (index, block) in blocks.enumerated() {
        #expect(block[0] == Float(index) && block[counts[index] - 1] == Float(index))
        pool.give(back: block, count: counts[index])
      }
    }
    #expect(pool.usage.requests == 1 && pool.usage.held == usage.held)
    pool.trim()
    #expect(pool.usage.held == 0)
  }

  @Test(arguments: [1000, 1 << 20])
  func countsWhatIsUsed(count: Int) {
    let pool = MemoryPool()
    let bytes = 4 * count
    let blocks = (0..<3).map { _ in pool.take(count: count) }
    #expect(3 * bytes..<4 * bytes ~= pool.usage.used && pool.usage.peak == pool.usage.used)
    for block in blocks { pool.give(back: block, count: count) }
    #expect(pool.usage.used == 0 && pool.usage.peak >= 3 * bytes)
    #expect(pool.usage.held >= pool.usage.peak)
    pool.trim()
    #expect(pool.usage.held == 0)
  }

  @Test func whatIsInUseOutlivesATrim() {
    let pool = MemoryPool()
    let count = 1 << 20
    let blocks = (0..<3).map { _ in pool.take(count: count) }
    for block in blocks { block.initialize(repeating: 7, count: count) }
    pool.give(back: blocks[1], count: count)
    pool.trim()
    #expect(blocks[0][count - 1] == 7 && blocks[2][0] == 7)
    let again = pool.take(count: count)
    again.initialize(repeating: 1, count: count)
    #expect(blocks[0][count - 1] == 7 && blocks[2][0] == 7)
    for block in [again, blocks[0], blocks[2]] { pool.give(back: block, count: count) }
    pool.trim()
    #expect(pool.usage.held == 0)
  }

  @Test func aSmallBlockGoesToSizesOfItsClassOnly() {
    let pool = MemoryPool()
    let block = pool.take(count: 1000)
    pool.give(back: block, count: 1000)
    let larger = pool.take(count: 2000)
    #expect(larger != block)
    pool.give(back: larger, count: 2000)
    pool.trim()
  }
}
