import MixFlowTensor
import Synchronization

/// Returns the values of `0..<count` in order, made on several threads.
///
/// - Parameters:
///   - count: The number of values.
///   - make: Makes the value of an index.
/// - Returns: The values.
package func parallelMap<Value: Sendable>(
  _ count: Int, _ make: @Sendable (Int) -> Value
) -> [Value] {
  let values = Mutex([Value?](repeating: nil, count: count))
  parallelForEach(count) { index in
    let value = make(index)
    values.withLock { $0[index] = value }
  }
  return values.withLock { $0 }.compactMap { $0 }
}
