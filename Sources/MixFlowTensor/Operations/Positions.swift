import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Returns the fixed two-dimensional sin-cos position table of SiT, DiT and MAE.
///
/// The first half of a row encodes the column, the second the row of the token, each as sines, then
/// cosines. Computed in double and rounded, as upstream does.
///
/// - Parameters:
///   - width: The model width, a multiple of 4.
///   - grid: The number of tokens on a side.
/// - Returns: `[grid · grid, width]`.
public func sinCosPositions(width: Int, grid: Int) -> Tensor {
  precondition(width % 4 == 0, "position width \(width) is not a multiple of 4")
  let quarter = width / 4
  let frequencies = (0..<quarter).map { 1 / pow(10_000, Double($0) / Double(quarter)) }
  var values: [Float] = []
  values.reserveCapacity(grid * grid * width)
  for row in 0..<grid {
    for column in 0..<grid {
      for position in [column, row] {
        values += frequencies.map { Float(sin(Double(position) * $0)) }
        values += frequencies.map { Float(cos(Double(position) * $0)) }
      }
    }
  }
  return Tensor(values, shape: [grid * grid, width])
}

/// Returns `x + positions`, where the positions are the same for every sample.
///
/// - Parameters:
///   - x: `[B, T, D]`.
///   - positions: `[1, T, D]`.
///   - copies: How often the batch follows itself in the result, as guidance wants it twice.
/// - Returns: `[copies · B, T, D]`.
public func addPositions(_ x: Variable, _ positions: Variable, copies: Int = 1) -> Variable {
  let (samples, count) = (x.shape[0], positions.value.count)
  precondition(
    positions.shape == [1] + x.shape.dropFirst() && copies > 0,
    "tokens \(x.shape), positions \(positions.shape), \(copies) copies")
  let rows = copies * samples
  let pieces = (count + elementsPerPiece - 1) / elementsPerPiece
  let y = profiled(.embedding, bytes: (1 + copies) * x.value.byteCount) {
    Tensor(shape: [rows] + x.shape.dropFirst()) { (y: SharedOutput) in
      withInputs(x.value, positions.value) { x, p in
        parallelForEach(rows * pieces) { index in
          let (row, piece) = index.quotientAndRemainder(dividingBy: pieces)
          let start = piece * elementsPerPiece
          mixflow_combine2(
            1, x.pointer + row % samples * count + start, 1, p.pointer + start,
            y.pointer + row * count + start, min(elementsPerPiece, count - start))
        }
      }
    }
  }
  return Variable.derive(y, from: [x, positions]) { gradient in
    x.accumulate(sumOfCopies(gradient, copies))
    profiled(.embedding, bytes: gradient.byteCount) {
      gradient.withInput { gradient in
        positions.addToGradient({ sums in
          sumRows(gradient, rows: rows, width: count, into: sums)
        })
      }
    }
  }
}

/// Returns the sum of the equal parts of the first dimension.
private func sumOfCopies(_ x: Tensor, _ copies: Int) -> Tensor {
  let part = x.shape[0] / copies
  return (1..<copies).reduce(x.samples(0..<part)) { sum, copy in
    sum + x.samples(copy * part..<(copy + 1) * part)
  }
}
