#if canImport(Glibc)
  import Glibc
#endif

/// Asks the system to back `address` with huge pages, where it has them.
func adviseHugePages(_ address: UnsafeMutableRawPointer, bytes: Int) {
  #if os(Linux)
    _ = madvise(address, bytes, MADV_HUGEPAGE)
  #endif
}
