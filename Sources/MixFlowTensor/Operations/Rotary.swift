import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The angles of a rotary position embedding (Su et al., 2021), as cosines and sines.
public struct RotaryTable: Sendable {
  /// `[T, d]`; each neighbouring pair of columns has one angle.
  public let cosines: Tensor
  /// `[T, d]`, as ``cosines``.
  public let sines: Tensor

  /// Takes a table that a checkpoint holds.
  public init(cosines: Tensor, sines: Tensor) {
    precondition(
      cosines.shape.count == 2 && cosines.shape == sines.shape && cosines.shape[1] % 2 == 0,
      "rotary table of \(cosines.shape) and \(sines.shape)")
    self.cosines = cosines
    self.sines = sines
  }

  /// Creates the table of a square grid, as RAE's `VisionRotaryEmbeddingFast` does.
  ///
  /// The first half of a row turns with the token's row, the second with its column, by the
  /// frequencies `10000^(-2 i / (d / 2))`.
  ///
  /// - Parameters:
  ///   - headWidth: The width `d` of a head, a multiple of 4.
  ///   - grid: The number of tokens on a side.
  public init(headWidth: Int, grid: Int) {
    precondition(headWidth % 4 == 0, "rotary head width \(headWidth) is not a multiple of 4")
    let half = headWidth / 2
    let frequencies = stride(from: 0, to: half, by: 2).map {
      1 / pow(10_000, Float($0) / Float(half))
    }
    var angles: [Float] = []
    angles.reserveCapacity(grid * grid * headWidth)
    for row in 0..<grid {
      for column in 0..<grid {
        for position in [row, column] {
          for frequency in frequencies {
            let angle = Float(position) * frequency
            angles += [angle, angle]
          }
        }
      }
    }
    let shape = [grid * grid, headWidth]
    self.init(
      cosines: Tensor(angles.map { cos($0) }, shape: shape),
      sines: Tensor(angles.map { sin($0) }, shape: shape))
  }
}

/// Returns queries or keys turned by the angles of their tokens, `x cos + rot(x) sin` with
/// `rot(a, b) = (-b, a)` for each neighbouring pair.
///
/// - Parameters:
///   - x: `[B, T, H · d]`.
///   - table: The angles, `[T, d]`.
///   - heads: How many leading heads to turn, or nil for all `H`; the others are passed on. Of
///     packed queries, keys and values `[B, T, 3 · H · d]` the first two thirds are to be turned.
/// - Returns: `[B, T, H · d]`.
public func rotate(_ x: Tensor, by table: RotaryTable, leadingHeads heads: Int? = nil) -> Tensor {
  turned(x, table, heads: heads, direction: 1)
}

/// The pullback of ``rotate(_:by:leadingHeads:)-(Tensor,_,_)``: the gradient turned back.
package func rotateVJP(
  _ table: RotaryTable, leadingHeads heads: Int? = nil, gradient: Tensor
) -> Tensor {
  turned(gradient, table, heads: heads, direction: -1)
}

/// Returns queries or keys turned by the angles of their tokens; parameters as in the overload for
/// tensors.
public func rotate(
  _ x: Variable, by table: RotaryTable, leadingHeads heads: Int? = nil
) -> Variable {
  x.derive(rotate(x.value, by: table, leadingHeads: heads)) {
    rotateVJP(table, leadingHeads: heads, gradient: $0)
  }
}

private func turned(
  _ x: Tensor, _ table: RotaryTable, heads: Int?, direction: Float
) -> Tensor {
  let (tokens, headWidth) = (table.cosines.shape[0], table.cosines.shape[1])
  precondition(
    x.shape.count == 3 && x.shape[1] == tokens && x.shape[2] % headWidth == 0,
    "rotary table \(table.cosines.shape) for \(x.shape)")
  let width = x.shape[2]
  let heads = heads ?? width / headWidth
  precondition(0...(width / headWidth) ~= heads, "\(heads) of \(width / headWidth) heads")
  let (rows, turnedWidth) = (x.shape[0] * tokens, heads * headWidth)
  return profiled(.embedding, bytes: 2 * x.byteCount) {
    Tensor(shape: x.shape) { (y: SharedOutput) in
      withInputs(x, table.cosines, table.sines) { x, cosines, sines in
        parallelRanges(rows, piece: rowsPerPiece(width: width)) { range in
          for row in range {
            let angles = row % tokens * headWidth
            mixflow_rotate(
              x.pointer + row * width, cosines.pointer + angles, sines.pointer + angles, direction,
              y.pointer + row * width, heads, headWidth)
            (y.pointer + row * width + turnedWidth).initialize(
              from: x.pointer + row * width + turnedWidth, count: width - turnedWidth)
          }
        }
      }
    }
  }
}
