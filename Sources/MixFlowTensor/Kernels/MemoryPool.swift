import Synchronization

/// Keeps freed memory for the next request.
///
/// A training step asks for the same sizes again and again, and a fresh page costs ten times as much
/// to write as a used one, so memory goes round instead of back to the system. Small blocks wait in
/// lists by size; large ones lie side by side in huge pages and merge with free neighbours.
///
/// Unchecked: everything is touched only under the lock.
package final class MemoryPool: @unchecked Sendable {
  package static let shared = MemoryPool()

  /// What a pool holds, in bytes.
  package struct Usage: Equatable, Sendable {
    /// How often the system was asked for memory.
    package fileprivate(set) var requests = 0
    /// The memory held, in use or free.
    package fileprivate(set) var held = 0
    /// The memory in use.
    package fileprivate(set) var used = 0
    /// The most memory that was ever in use.
    package fileprivate(set) var peak = 0
  }

  private static let alignment = 64
  private static let page = 4096
  /// The size from which blocks lie side by side, in huge pages.
  static let large = 256 << 10

  private struct State {
    /// Addresses of free small blocks, by size.
    var blocks: [Int: [Int]] = [:]
    /// The free memory between large blocks.
    var extents = FreeExtents()
    /// Where the memory for large blocks was last extended downwards.
    var lowest: Int?
    var usage = Usage()
  }

  private let state = Mutex(State())

  package init() {}

  /// The counters at this moment.
  package var usage: Usage { state.withLock { $0.usage } }

  /// Returns an uninitialised block for at least `count` floats, aligned to a cache line.
  package func take(count: Int) -> UnsafeMutablePointer<Float> {
    let bytes = Self.capacity(count: count)
    let address = state.withLock { state in
      state.usage.used += bytes
      state.usage.peak = max(state.usage.peak, state.usage.used)
      return bytes < Self.large ? Self.takeSmall(bytes, &state) : Self.takeLarge(bytes, &state)
    }
    guard let block = UnsafeMutablePointer<Float>(bitPattern: address) else {
      preconditionFailure("a block of \(bytes) bytes at address zero")
    }
    return block
  }

  /// Keeps a block that ``take(count:)`` handed out for the same `count`.
  package func give(back base: UnsafeMutablePointer<Float>, count: Int) {
    let bytes = Self.capacity(count: count)
    let address = Int(bitPattern: base)
    state.withLock { state in
      state.usage.used -= bytes
      if bytes < Self.large {
        state.blocks[bytes, default: []].append(address)
      } else {
        state.extents.insert(address..<address + bytes)
      }
    }
  }

  /// Returns the free memory to the system.
  package func trim() {
    state.withLock { state in
      for (bytes, addresses) in state.blocks {
        state.usage.held -= bytes * addresses.count
        for address in addresses { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
      }
      state.blocks.removeAll()
      for pages in state.extents.removePages(of: SystemMemory.unit) {
        state.usage.held -= pages.count
        SystemMemory.unmap(pages)
      }
    }
  }

  private static func takeSmall(_ bytes: Int, _ state: inout State) -> Int {
    if let address = state.blocks[bytes]?.popLast() { return address }
    state.usage.requests += 1
    state.usage.held += bytes
    return Int(
      bitPattern: UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: alignment))
  }

  private static func takeLarge(_ bytes: Int, _ state: inout State) -> Int {
    if let address = state.extents.take(bytes) { return address }
    let size = (bytes + SystemMemory.unit - 1) / SystemMemory.unit * SystemMemory.unit
    let address = SystemMemory.map(bytes: size, endingAt: state.lowest)
    state.lowest = address
    state.usage.requests += 1
    state.usage.held += size
    state.extents.insert(address..<address + size)
    return takeLarge(bytes, &state)
  }

  /// The bytes of a block for `count` floats: whole pages for a large one, else the next of eight
  /// sizes in each doubling.
  private static func capacity(count: Int) -> Int {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let eighth = 1 << max(0, Int.bitWidth - bytes.leadingZeroBitCount - 4)
    let step = bytes < large ? max(alignment, eighth) : page
    return (bytes + step - 1) / step * step
  }
}
