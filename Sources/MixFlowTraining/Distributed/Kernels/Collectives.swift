/// Transfers between the processes of a group, each blocking until it is done.
///
/// All processes make the same calls in the same order, from one thread each.
package protocol Collectives {
  /// The place of this process among all, from 0.
  var rank: Int { get }
  /// The number of processes.
  var size: Int { get }

  /// Sends part `n` of `send` to process `n`, and receives a part from each into `receive`.
  ///
  /// - Parameters:
  ///   - send: As many parts of one size as there are processes.
  ///   - receive: Room for as many.
  /// - Throws: ``DistributedError`` when the transfer fails.
  func allToAll(
    _ send: UnsafeRawBufferPointer, into receive: UnsafeMutableRawBufferPointer) throws

  /// Receives the parts of all processes, in the order of their ranks.
  ///
  /// - Parameters:
  ///   - part: This process's part, of the same size everywhere.
  ///   - all: Room for all parts.
  /// - Throws: ``DistributedError`` when the transfer fails.
  func allGather(_ part: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) throws

  /// Copies the bytes of process `root` to all.
  ///
  /// - Parameters:
  ///   - data: The bytes, of the same number everywhere.
  ///   - root: The rank that has them.
  /// - Throws: ``DistributedError`` when the transfer fails.
  func broadcast(_ data: UnsafeMutableRawBufferPointer, from root: Int) throws

  /// Ends all processes.
  func abort(code: Int32)

  /// Says that this process will make no more calls.
  func finish()
}
