/// A pointer that the caller promises to share between threads without a race.
///
/// Unchecked: kernels cut the memory behind it into disjoint pieces, one for each thread.
struct Shared<Pointer>: @unchecked Sendable {
  let pointer: Pointer
}

typealias SharedInput = Shared<UnsafePointer<Float>>
typealias SharedOutput = Shared<UnsafeMutablePointer<Float>>

extension Tensor {
  /// Calls `body` with the first element for reading from several threads.
  func withInput<R>(_ body: (SharedInput) throws -> R) rethrows -> R {
    try withUnsafeBufferPointer { buffer in
      try body(SharedInput(pointer: buffer.baseAddress ?? emptyBase))
    }
  }

  /// Calls `body` with the first element for writing from several threads.
  mutating func withOutput<R>(_ body: (SharedOutput) throws -> R) rethrows -> R {
    try withUnsafeMutableBufferPointer { buffer in
      try body(
        SharedOutput(pointer: buffer.baseAddress ?? UnsafeMutablePointer(mutating: emptyBase)))
    }
  }

  /// Creates a tensor whose elements `body` writes from several threads.
  init(shape: [Int], writing body: (SharedOutput) throws -> Void) rethrows {
    try self.init(shape: shape) { buffer in
      try body(
        SharedOutput(pointer: buffer.baseAddress ?? UnsafeMutablePointer(mutating: emptyBase)))
    }
  }
}

/// Stands for the address of no elements; it is never read or written.
nonisolated(unsafe) private let emptyBase: UnsafePointer<Float> = UnsafePointer(
  UnsafeMutablePointer<Float>.allocate(capacity: 1))
