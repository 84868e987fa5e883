import Foundation
import Synchronization

/// The processes that do one job together, such as those of `mpirun -np 4`.
///
/// Transfers run on a thread of their own, in the order they were asked for, so that they go on while
/// the others compute.
public final class ProcessGroup: Sendable {
  /// The place of this process among all, from 0.
  public let rank: Int
  /// The number of processes.
  public let size: Int
  private let lane: TransferLane

  /// Whether this process writes files and speaks for all.
  public var isLeader: Bool { rank == 0 }

  /// Starts the group's thread.
  ///
  /// - Parameter collectives: Makes the transfers; called on that thread.
  /// - Throws: What `collectives` throws.
  package init(collectives: @escaping @Sendable () throws -> any Collectives) throws {
    lane = TransferLane()
    let place = Mutex((rank: 0, size: 0))
    try lane.start {
      let made = try collectives()
      place.withLock { $0 = (made.rank, made.size) }
      return made
    }
    (rank, size) = place.withLock { $0 }
  }

  /// Asks for transfers.
  ///
  /// - Parameter transfers: Makes them; called on the group's thread after those asked for before.
  /// - Returns: What waits for them.
  package func enqueue(
    _ transfers: @escaping @Sendable (any Collectives) throws -> Void
  ) -> PendingTransfer {
    lane.enqueue(transfers)
  }

  /// Returns the value that each process passed, in the order of their ranks.
  ///
  /// - Parameter values: As many in each process.
  /// - Returns: The values of all processes.
  /// - Throws: ``DistributedError`` when a transfer fails.
  package func gather(_ values: [Double]) throws -> [[Double]] {
    let result = Mutex<[Double]>([])
    let (count, size) = (values.count, size)
    try enqueue { collectives in
      var all = [Double](repeating: 0, count: count * size)
      try values.withUnsafeBytes { part in
        try all.withUnsafeMutableBytes { try collectives.allGather(part, into: $0) }
      }
      result.withLock { $0 = all }
    }.wait()
    return result.withLock { all in
      (0..<size).map { Array(all[$0 * count..<($0 + 1) * count]) }
    }
  }

  /// Computes rows of numbers, of which the processes take turns.
  ///
  /// - Parameters:
  ///   - count: The number of rows.
  ///   - width: The numbers of a row.
  ///   - row: Computes the row of an index.
  /// - Returns: All rows in their order, in all processes.
  /// - Throws: What `row` throws, or ``DistributedError``.
  public func rows(
    _ count: Int, width: Int, _ row: (Int) throws -> [Double]
  ) throws -> [[Double]] {
    var own = try stride(from: rank, to: count, by: size).flatMap(row)
    own += [Double](repeating: 0, count: (count + size - 1) / size * width - own.count)
    let all = try gather(own)
    return (0..<count).map { index in
      Array(all[index % size][index / size * width..<(index / size + 1) * width])
    }
  }

  /// Returns whether any process passed true.
  public func any(_ flag: Bool) throws -> Bool {
    try gather([flag ? 1 : 0]).contains { $0[0] != 0 }
  }

  /// Waits until all processes have come here.
  public func barrier() throws { _ = try any(false) }

  /// Refuses to go on when a process has another value than rank 0.
  ///
  /// - Parameters:
  ///   - value: The value, of which a digest is compared.
  ///   - what: Its name, for the error.
  /// - Throws: ``DistributedError/mismatch(what:rank:)`` in all processes.
  public func expectSame(_ value: String, what: String) throws {
    var fingerprint = Fingerprint()
    fingerprint.add(value)
    // A double holds 53 bits.
    let digest = Double(fingerprint.value >> 11)
    let all = try gather([digest]).map { $0[0] }
    if let rank = all.firstIndex(where: { $0 != all[0] }) {
      throw DistributedError.mismatch(what: what, rank: rank)
    }
  }

  /// Ends all processes, this one too, after an error.
  public func abort(code: Int32) -> Never { lane.abort(code: code) }

  /// Takes leave of the others; the group is of no use after.
  public func finish() { lane.finish() }
}
