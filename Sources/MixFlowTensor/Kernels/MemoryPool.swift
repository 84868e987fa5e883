import Synchronization

/// Keeps freed blocks for the next request of their size.
///
/// A training step asks for the same sizes again and again; a fresh page costs ten times as much to
/// write as a used one, so blocks go round instead of back to the system.
///
/// Unchecked: the free lists are touched only under the lock.
package final class MemoryPool: @unchecked Sendable {
  package static let shared = MemoryPool()

  private static let alignment = 64
  /// The bytes of a huge page; blocks of this size and more begin one.
  static let hugePage = 2 << 20
  private let free = Mutex<[Int: [Block]]>([:])

  /// A free block; the pool alone holds its address.
  private struct Block: @unchecked Sendable {
    let address: UnsafeMutableRawPointer
  }

  package init() {}

  /// Returns an uninitialised block for at least `count` floats, aligned to a cache line.
  package func take(count: Int) -> UnsafeMutablePointer<Float> {
    let bytes = Self.capacity(count: count)
    let kept = free.withLock { $0[bytes]?.popLast() }
    let address = kept?.address ?? Self.allocate(bytes: bytes)
    return address.assumingMemoryBound(to: Float.self)
  }

  /// Keeps a block that ``take(count:)`` handed out for the same `count`.
  package func give(back base: UnsafeMutablePointer<Float>, count: Int) {
    let block = Block(address: UnsafeMutableRawPointer(base))
    free.withLock { $0[Self.capacity(count: count), default: []].append(block) }
  }

  /// Returns all kept blocks to the system.
  package func trim() {
    let blocks = free.withLock { lists in
      defer { lists.removeAll() }
      return lists.values.flatMap { $0 }
    }
    for block in blocks { block.address.deallocate() }
  }

  /// The bytes of the size class that holds `count` floats: eight classes for each doubling.
  private static func capacity(count: Int) -> Int {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let step = max(alignment, 1 << max(0, Int.bitWidth - bytes.leadingZeroBitCount - 4))
    return (bytes + step - 1) / step * step
  }

  private static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
    let isHuge = bytes >= hugePage
    let address = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: isHuge ? hugePage : alignment)
    if isHuge { adviseHugePages(address, bytes: bytes) }
    return address
  }
}
