import CMPI

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The transfers of an MPI library that is loaded at run time.
package struct MPICollectives: Collectives {
  package let rank: Int
  package let size: Int
  /// The library's name and version.
  package let version: String

  /// Starts MPI; all calls must then come from this thread.
  ///
  /// - Throws: ``DistributedError/noMPI(reason:)`` when there is no usable library.
  package init() throws(DistributedError) {
    let info = mixflow_mpi_start().pointee
    if let error = info.error { throw .noMPI(reason: String(cString: error)) }
    rank = Int(info.rank)
    size = Int(info.size)
    version = withUnsafeBytes(of: info.version) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  package func allToAll(
    _ send: UnsafeRawBufferPointer, into receive: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(send.count == receive.count && send.count % size == 0, "parts of several sizes")
    try check(
      mixflow_mpi_all_to_all(
        send.baseAddress, receive.baseAddress, Int32(send.count / size), Self.pause))
  }

  package func allGather(
    _ part: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer
  ) throws {
    precondition(all.count == size * part.count, "room for other parts")
    try check(
      mixflow_mpi_all_gather(part.baseAddress, all.baseAddress, Int32(part.count), Self.pause))
  }

  package func broadcast(_ data: UnsafeMutableRawBufferPointer, from root: Int) throws {
    try check(
      mixflow_mpi_broadcast(data.baseAddress, Int32(data.count), Int32(root), Self.pause))
  }

  package func abort(code: Int32) { mixflow_mpi_abort(code) }

  package func finish() { mixflow_mpi_finish() }

  private func check(_ succeeded: Bool) throws {
    guard succeeded else { throw DistributedError.transfer(rank: rank) }
  }

  /// Leaves the processor to the threads that compute for a moment: long against a transfer's
  /// latency, short against its duration.
  private static let pause: @convention(c) () -> Void = { usleep(20) }
}
