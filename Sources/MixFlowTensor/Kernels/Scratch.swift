/// Lends `body` an uninitialised block for `count` floats.
///
/// The block goes back to the pool when `body` returns, not before: the lifetime of a `Storage` may
/// end at its last use in the source, while its memory is still in use through a pointer.
func withScratch<R>(
  _ count: Int, _ body: (UnsafeMutablePointer<Float>) throws -> R
) rethrows -> R {
  let base = MemoryPool.shared.take(count: count)
  defer { MemoryPool.shared.give(back: base, count: count) }
  return try body(base)
}
