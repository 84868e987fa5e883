#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory from the system in units of huge pages, which cost less to touch and to look up.
enum SystemMemory {
  /// The bytes of a huge page on the processors that have them.
  static let unit = 2 << 20

  /// Maps fresh memory, backed by huge pages where the system has them.
  ///
  /// - Parameters:
  ///   - bytes: A multiple of ``unit``.
  ///   - end: Where the memory should end if the place is free, so that it joins what lies there.
  /// - Returns: The address, a multiple of ``unit``.
  static func map(bytes: Int, endingAt end: Int?) -> Int {
    if let end, let address = request(bytes, at: end - bytes) {
      if address % unit == 0 { return advised(address, bytes) }
      unmap(address..<address + bytes)
    }
    guard let address = request(bytes + unit, at: nil) else {
      preconditionFailure("the system has no \(bytes) bytes of memory left")
    }
    let aligned = (address + unit - 1) / unit * unit
    unmap(address..<aligned)
    unmap(aligned + bytes..<address + bytes + unit)
    return advised(aligned, bytes)
  }

  /// Returns whole pages to the system.
  static func unmap(_ pages: Range<Int>) {
    guard !pages.isEmpty else { return }
    munmap(UnsafeMutableRawPointer(bitPattern: pages.lowerBound), pages.count)
  }

  private static func request(_ bytes: Int, at hint: Int?) -> Int? {
    let address = mmap(
      hint.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }, bytes, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANON, -1, 0)
    return address == MAP_FAILED ? nil : address.map { Int(bitPattern: $0) }
  }

  private static func advised(_ address: Int, _ bytes: Int) -> Int {
    #if os(Linux)
      _ = madvise(UnsafeMutableRawPointer(bitPattern: address), bytes, MADV_HUGEPAGE)
    #endif
    return address
  }
}
