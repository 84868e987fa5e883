import CKernels
import Synchronization

/// A format of floating-point numbers in 16 bits, as checkpoints store them.
package enum HalfPrecision: Sendable {
  /// IEEE 754's, with 5 bits of exponent.
  case float16
  /// The upper half of a float32.
  case bfloat16

  /// The least magnitude that is rounded to infinity.
  package var overflow: Float {
    switch self {
    case .float16: 65520
    case .bfloat16: 0x1.FFp127
    }
  }
}

extension Tensor {
  /// Creates a tensor from little-endian numbers of 16 bits, at any address.
  ///
  /// - Parameters:
  ///   - shape: The sizes of the dimensions.
  ///   - bytes: The elements in row-major order.
  ///   - format: Their format.
  package init(shape: [Int], widening bytes: UnsafeRawBufferPointer, from format: HalfPrecision) {
    let count = shape.reduce(1, *)
    precondition(bytes.count == 2 * count, "\(bytes.count) bytes for a half tensor of \(shape)")
    self.init(shape: shape) { (out: SharedOutput) in
      guard let base = bytes.baseAddress else { return }
      let source = Shared(pointer: base)
      parallelRanges(count, piece: elementsPerPiece) { range in
        let (x, y) = (source.pointer + 2 * range.lowerBound, out.pointer + range.lowerBound)
        switch format {
        case .float16: mixflow_widen_float16(x, y, range.count)
        case .bfloat16: mixflow_widen_bfloat16(x, y, range.count)
        }
      }
    }
  }

  /// Writes some elements in 16 bits, little-endian, rounded to nearest with ties to even.
  ///
  /// - Parameters:
  ///   - elements: Which elements, in row-major order.
  ///   - format: Their format.
  ///   - bytes: Where to write them.
  /// - Returns: Whether no finite element became infinite.
  package func narrow(
    _ elements: Range<Int>, to format: HalfPrecision, into bytes: UnsafeMutableRawBufferPointer
  ) -> Bool {
    precondition(
      bytes.count == 2 * elements.count && 0 <= elements.lowerBound && elements.upperBound <= count,
      "elements \(elements) of \(shape) into \(bytes.count) bytes")
    guard let base = bytes.baseAddress else { return true }
    let target = Shared(pointer: base)
    let fits = Atomic(true)
    withInput { x in
      let source = SharedInput(pointer: x.pointer + elements.lowerBound)
      parallelRanges(elements.count, piece: elementsPerPiece) { range in
        let (x, y) = (source.pointer + range.lowerBound, target.pointer + 2 * range.lowerBound)
        let pieceFits =
          switch format {
          case .float16: mixflow_narrow_float16(x, y, range.count)
          case .bfloat16: mixflow_narrow_bfloat16(x, y, range.count)
          }
        if !pieceFits { fits.store(false, ordering: .relaxed) }
      }
    }
    return fits.load(ordering: .relaxed)
  }
}
