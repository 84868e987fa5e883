#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Returns the rows of a table, one for each index.
///
/// - Parameters:
///   - indices: `[B]`, each in `0..<rows`.
///   - table: `[rows, D]`.
/// - Returns: `[B, D]`.
public func embedding(_ indices: [Int], table: Variable) -> Variable {
  let (rows, width) = (table.shape[0], table.shape[1])
  precondition(indices.allSatisfy { 0..<rows ~= $0 }, "indices \(indices) in a table of \(rows)")
  let output = Tensor(shape: [indices.count, width]) { (out: SharedOutput) in
    table.value.withInput { table in
      for (row, index) in indices.enumerated() {
        (out.pointer + row * width).initialize(from: table.pointer + index * width, count: width)
      }
    }
  }
  return Variable.derive(output, from: [table]) { gradient in
    table.addToGradient({ sums in
      gradient.withInput { gradient in
        for (row, index) in indices.enumerated() {
          for column in 0..<width {
            sums.pointer[index * width + column] += gradient.pointer[row * width + column]
          }
        }
      }
    })
  }
}

/// Returns the sinusoidal embedding of times, cosines first (SiT's and DiT's `TimestepEmbedder`).
///
/// `e = [cos(t f), sin(t f)]` with `f_i = maxPeriod^(-i / half)`; an odd width ends with a zero.
///
/// - Parameters:
///   - times: `[B]`; used as they are, without a factor.
///   - width: The size of an embedding.
///   - maxPeriod: The longest period.
/// - Returns: `[B, width]`.
public func sinusoidalEmbedding(_ times: [Float], width: Int, maxPeriod: Float = 10_000) -> Tensor {
  let half = width / 2
  let frequencies = (0..<half).map { exp(-log(maxPeriod) * Float($0) / Float(half)) }
  var values: [Float] = []
  values.reserveCapacity(times.count * width)
  for t in times {
    values += frequencies.map { cos(t * $0) }
    values += frequencies.map { sin(t * $0) }
    if width % 2 == 1 { values.append(0) }
  }
  return Tensor(values, shape: [times.count, width])
}

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
