import Synchronization

/// Measures what the operations of a computation cost.
///
/// Operations report to the profiler in whose ``measure(_:)`` they run; others are not disturbed.
/// While no profiler measures anywhere, an operation pays one relaxed atomic load.
public final class Profiler: Sendable {
  private let warmUps: Mutex<Int>
  private let sums = Mutex(Profile())

  /// The number of rounds being measured in this process.
  private static let measuring = Atomic<Int>(0)
  /// The innermost frame of the calling thread or task.
  @TaskLocal private static var frame: Frame?

  /// What is running: a round, a pass or an operation.
  private final class Frame: Sendable {
    let profiler: Profiler
    let pass: ComputationPass
    /// The nanoseconds of the frames inside this one.
    let inner = Atomic<Int>(0)

    init(_ profiler: Profiler, _ pass: ComputationPass) {
      self.profiler = profiler
      self.pass = pass
    }
  }

  /// Creates a profiler.
  ///
  /// - Parameter warmUps: The number of first rounds that are not measured.
  public init(warmUps: Int = 0) {
    self.warmUps = Mutex(warmUps)
  }

  /// The costs so far.
  public var profile: Profile { sums.withLock { $0 } }

  /// Runs one round and measures the operations in it.
  ///
  /// - Parameter body: The round, such as a training step.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  public func measure<R>(_ body: () throws -> R) rethrows -> R {
    let isWarmUp = warmUps.withLock { left in
      defer { left -= left > 0 ? 1 : 0 }
      return left > 0
    }
    guard !isWarmUp else { return try body() }
    Self.measuring.add(1, ordering: .relaxed)
    defer { Self.measuring.subtract(1, ordering: .relaxed) }
    return try Self.run(body, in: Frame(self, .around)) { nanoseconds, _ in
      sums.withLock {
        $0.rounds += 1
        $0.seconds += Double(nanoseconds) / 1e9
      }
    }
  }

  /// The frame that an operation is in, or nil where nobody measures it.
  @inline(__always)
  private static var enclosing: Frame? {
    measuring.load(ordering: .relaxed) == 0 ? nil : frame
  }

  /// Runs an operation and adds its cost to the profile that is being made, if any.
  ///
  /// - Parameters:
  ///   - kind: The kind of work.
  ///   - pass: The pass it opens, or nil to stay in the present one.
  ///   - flops: The floating-point operations of its matrix products.
  ///   - bytes: The bytes that it must read or write.
  ///   - body: The operation.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  static func run<R>(
    _ kind: OperationKind, opening pass: ComputationPass? = nil, flops: () -> Int,
    bytes: () -> Int, _ body: () throws -> R
  ) rethrows -> R {
    guard let outer = enclosing else { return try body() }
    let frame = Frame(outer.profiler, pass ?? outer.pass)
    return try run(body, in: frame) { nanoseconds, inner in
      outer.inner.add(nanoseconds, ordering: .relaxed)
      outer.profiler.sums.withLock {
        $0.costs[Profile.Key(frame.pass, kind), default: Profile.Cost()].add(
          seconds: Double(max(0, nanoseconds - inner)) / 1e9, flops: flops(), bytes: bytes())
      }
    }
  }

  /// Runs `body` in a frame and tells its time and that of the frames inside it, in nanoseconds.
  private static func run<R>(
    _ body: () throws -> R, in frame: Frame, _ report: (_ nanoseconds: Int, _ inner: Int) -> Void
  ) rethrows -> R {
    let clock = ContinuousClock()
    let start = clock.now
    defer {
      let parts = (clock.now - start).components
      report(
        Int(parts.seconds) * 1_000_000_000 + Int(parts.attoseconds / 1_000_000_000),
        frame.inner.load(ordering: .relaxed))
    }
    return try $frame.withValue(frame, operation: body)
  }
}

extension Profile.Cost {
  fileprivate mutating func add(seconds: Double, flops: Int, bytes: Int) {
    calls += 1
    self.seconds += seconds
    self.flops += flops
    self.bytes += bytes
  }
}

/// Runs an operation under the eyes of the ``Profiler`` that measures here, if any.
///
/// - Parameters:
///   - kind: The kind of work.
///   - flops: The floating-point operations of its matrix products.
///   - bytes: The bytes that it must read or write.
///   - body: The operation.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
@inline(__always)
package func profiled<R>(
  _ kind: OperationKind, flops: @autoclosure () -> Int = 0, bytes: @autoclosure () -> Int = 0,
  _ body: () throws -> R
) rethrows -> R {
  try Profiler.run(kind, flops: flops, bytes: bytes, body)
}

/// Runs the matrix products of a linear layer as ``profiled(_:flops:bytes:_:)`` does.
///
/// - Parameters:
///   - products: How many products of these sizes: 1 forward; backward 1 for each gradient.
///   - rows: The rows of the layer's input.
///   - inputs: Its columns.
///   - outputs: The columns of the layer's output.
///   - body: The products, with what is fused to them.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
@inline(__always)
package func profiledProducts<R>(
  _ products: Int = 1, rows: Int, inputs: Int, outputs: Int, _ body: () throws -> R
) rethrows -> R {
  try Profiler.run(
    .linear(inputs: inputs, outputs: outputs),
    flops: { 2 * products * rows * inputs * outputs },
    bytes: {
      products * (rows * (inputs + outputs) + inputs * outputs) * MemoryLayout<Float>.stride
    }, body)
}

/// Runs a way through a network; what is not in its operations counts as time between them.
///
/// - Parameters:
///   - pass: Which way.
///   - body: The whole pass.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
package func profiledPass<R>(
  _ pass: ComputationPass, _ body: () throws -> R
) rethrows -> R {
  try Profiler.run(.betweenOperations, opening: pass, flops: { 0 }, bytes: { 0 }, body)
}

extension Tensor {
  /// The bytes of the elements.
  var byteCount: Int { count * MemoryLayout<Float>.stride }
}
