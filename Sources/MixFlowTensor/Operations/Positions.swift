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

/// Returns `x + rows`, where the rows are the same for every sample.
///
/// - Parameters:
///   - x: `[B, T, D]`.
///   - positions: `[1, T, D]`.
/// - Returns: `[B, T, D]`.
public func addPositions(_ x: Variable, _ positions: Variable) -> Variable {
  let (samples, count) = (x.shape[0], positions.value.count)
  precondition(
    positions.shape == [1] + x.shape.dropFirst(), "tokens \(x.shape), positions \(positions.shape)")
  var y = x.value
  y.withOutput { y in
    positions.value.withInput { p in
      parallelForEach(samples) { sample in
        let start = y.pointer + sample * count
        for index in 0..<count { start[index] += p.pointer[index] }
      }
    }
  }
  return Variable.derive(y, from: [x, positions]) { gradient in
    x.accumulate(gradient)
    gradient.withInput { gradient in
      positions.addToGradient({ sums in
        sumRows(gradient, rows: samples, width: count, into: sums)
      })
    }
  }
}
