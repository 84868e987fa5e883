import MixFlowTensor
import Synchronization

extension ProcessGroup {
  /// The bytes of one transfer: MPI counts them in 32 bits.
  private static let limit = 1 << 28

  /// Returns the tensor of one process in all.
  ///
  /// - Parameters:
  ///   - tensor: The tensor, of one shape everywhere; only that of `root` is read.
  ///   - root: The rank that has it.
  /// - Returns: The tensor of `root`.
  /// - Throws: ``DistributedError`` when a transfer fails.
  func broadcast(_ tensor: Tensor, from root: Int) throws -> Tensor {
    let result = Mutex(tensor)
    try enqueue { collectives in
      var copy = collectives.rank == root ? tensor : Tensor(zeros: tensor.shape)
      try copy.withUnsafeMutableBufferPointer { floats in
        let bytes = UnsafeMutableRawBufferPointer(floats)
        for start in stride(from: 0, to: bytes.count, by: Self.limit) {
          try collectives.broadcast(
            UnsafeMutableRawBufferPointer(
              rebasing: bytes[start..<min(start + Self.limit, bytes.count)]),
            from: root)
        }
      }
      let received = copy
      result.withLock { $0 = received }
    }.wait()
    return result.withLock { $0 }
  }
}
