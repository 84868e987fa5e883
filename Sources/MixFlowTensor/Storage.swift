#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A block of float32 memory, owned here or lent by another object such as a mapped file.
///
/// Unchecked: a `Tensor` writes through its storage only while it holds the sole reference, so no
/// two threads see a block that one of them writes.
final class Storage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int
  let isWritable: Bool
  private let owner: AnyObject?

  /// Takes an uninitialised block from the pool.
  init(count: Int) {
    self.count = count
    base = MemoryPool.shared.take(count: count)
    isWritable = true
    owner = nil
  }

  /// Lends `base`, which stays valid while `owner` lives, for reading alone.
  init(reading base: UnsafePointer<Float>, count: Int, owner: AnyObject) {
    self.count = count
    self.base = UnsafeMutablePointer(mutating: base)
    isWritable = false
    self.owner = owner
  }

  deinit {
    if isWritable { MemoryPool.shared.give(back: base, count: count) }
  }
}
