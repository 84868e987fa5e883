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

extension Tensor {
  /// Creates a tensor whose elements must all be written before one is read.
  init(uninitialized shape: [Int]) {
    self.init(shape: shape) { (_: SharedOutput) in }
  }
}

/// Calls `body` with the first elements of two tensors for reading from several threads.
func withInputs<R>(
  _ x: Tensor, _ y: Tensor, _ body: (SharedInput, SharedInput) throws -> R
) rethrows -> R {
  try x.withInput { x in try y.withInput { y in try body(x, y) } }
}

/// Calls `body` with the first elements of three tensors for reading from several threads.
func withInputs<R>(
  _ x: Tensor, _ y: Tensor, _ z: Tensor,
  _ body: (SharedInput, SharedInput, SharedInput) throws -> R
) rethrows -> R {
  try withInputs(x, y) { x, y in try z.withInput { z in try body(x, y, z) } }
}

/// Stands for the address of no elements; it is never read or written.
nonisolated(unsafe) private let emptyBase: UnsafePointer<Float> = UnsafePointer(
  UnsafeMutablePointer<Float>.allocate(capacity: 1))
