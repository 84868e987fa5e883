import CKernels

/// Where a normalisation takes its gain and shift from: one row for each sample, or one for all.
///
/// The rows lie inside a wider array, such as the six chunks `[B, 6 D]` of adaLN.
struct RowChunk {
  let width: Int
  let rowStride: Int
  let offset: Int

  /// Chunk `index` of `modulation`, `[B, chunks · width]`.
  init(_ index: Int, of modulation: Tensor, width: Int) {
    self.width = width
    rowStride = modulation.shape[1]
    offset = index * width
    precondition(offset + width <= rowStride, "chunk \(index) of \(modulation.shape)")
  }

  func start(_ sample: Int) -> Int { sample * rowStride + offset }
}

/// The mean and reciprocal standard deviation of each row.
struct RowStatistics {
  let mean: Tensor
  let reciprocalDeviation: Tensor
}

/// The rows of one sample that one thread works on; gradients of gain, shift and gate are summed
/// over rows in pieces of this size, whatever the number of threads.
private let rowsPerSum = 32

/// Returns `LN(x) (1 + scale) + shift`, the modulated normalisation of adaLN (Peebles and Xie, 2023).
///
/// - Parameters:
///   - x: `[B, T, D]`.
///   - modulation: `[B, chunks · D]`, the output of the adaLN projection.
///   - shift: The chunk that holds the shift.
///   - scale: The chunk that holds the scale.
///   - eps: Added to the biased variance.
/// - Returns: `[B, T, D]`.
public func layerNormModulate(
  _ x: Variable, modulation: Variable, shift: Int, scale: Int, eps: Float = 1e-6
) -> Variable {
  let size = TokenSize(x.value, modulation: modulation.value)
  let (y, statistics) = modulatedNorm(
    x.value, modulation.value, shift: shift, scale: scale, eps: eps, size)
  return Variable.derive(y, from: [x, modulation]) { gradient in
    modulatedNormPullback(
      x, modulation, shift: shift, scale: scale, statistics, size, gradient: gradient)
  }
}

/// Returns `x + gate · branch`, the gated residual of adaLN-Zero.
///
/// - Parameters:
///   - x: `[B, T, D]`.
///   - branch: `[B, T, D]`.
///   - modulation: `[B, chunks · D]`.
///   - gate: The chunk that holds the gate.
/// - Returns: `[B, T, D]`.
public func gatedResidual(
  _ x: Variable, _ branch: Variable, modulation: Variable, gate: Int
) -> Variable {
  let size = TokenSize(x.value, modulation: modulation.value)
  precondition(branch.shape == x.shape, "residual \(x.shape) with branch \(branch.shape)")
  let chunk = RowChunk(gate, of: modulation.value, width: size.width)
  let y = Tensor(shape: x.shape) { (y: SharedOutput) in
    x.value.withInput { x in
      branch.value.withInput { b in
        modulation.value.withInput { m in
          size.forEachPiece { sample, start, rows in
            mixflow_gated_add(
              x.pointer + start, m.pointer + chunk.start(sample), b.pointer + start,
              y.pointer + start, rows, size.width)
          }
        }
      }
    }
  }
  return Variable.derive(y, from: [x, branch, modulation]) { gradient in
    gatedResidualPullback(branch, modulation, chunk, size, gradient: gradient)
    x.accumulate(gradient)
  }
}

private func gatedResidualPullback(
  _ branch: Variable, _ modulation: Variable, _ chunk: RowChunk, _ size: TokenSize,
  gradient: Tensor
) {
  var gateSums = Tensor(zeros: [size.pieces, size.width])
  let branchGradient = Tensor(shape: branch.shape) { (db: SharedOutput) in
    gateSums.withOutput { sums in
      branch.value.withInput { b in
        modulation.value.withInput { m in
          gradient.withInput { dy in
            size.forEachPiece { piece, sample, start, rows in
              mixflow_gated_add_backward(
                m.pointer + chunk.start(sample), b.pointer + start, dy.pointer + start,
                db.pointer + start, sums.pointer + piece * size.width, rows, size.width)
            }
          }
        }
      }
    }
  }
  branch.accumulate(branchGradient)
  size.add(gateSums, to: modulation, chunk)
}

private func modulatedNorm(
  _ x: Tensor, _ modulation: Tensor, shift: Int, scale: Int, eps: Float, _ size: TokenSize
) -> (Tensor, RowStatistics) {
  let shift = RowChunk(shift, of: modulation, width: size.width)
  let scale = RowChunk(scale, of: modulation, width: size.width)
  var mean = Tensor(zeros: [size.rows])
  var deviation = Tensor(zeros: [size.rows])
  let y = Tensor(shape: x.shape) { (y: SharedOutput) in
    x.withInput { x in
      modulation.withInput { m in
        mean.withOutput { mean in
          deviation.withOutput { deviation in
            size.forEachPiece { sample, start, rows in
              let row = start / size.width
              mixflow_layer_norm(
                x.pointer + start, m.pointer + scale.start(sample),
                m.pointer + shift.start(sample), 1, y.pointer + start, mean.pointer + row,
                deviation.pointer + row, eps, rows, size.width)
            }
          }
        }
      }
    }
  }
  return (y, RowStatistics(mean: mean, reciprocalDeviation: deviation))
}

private func modulatedNormPullback(
  _ x: Variable, _ modulation: Variable, shift: Int, scale: Int, _ statistics: RowStatistics,
  _ size: TokenSize, gradient: Tensor
) {
  let shift = RowChunk(shift, of: modulation.value, width: size.width)
  let scale = RowChunk(scale, of: modulation.value, width: size.width)
  var scaleSums = Tensor(zeros: [size.pieces, size.width])
  var shiftSums = Tensor(zeros: [size.pieces, size.width])
  let pullback = { (dx: SharedOutput, hasSum: Bool) in
    scaleSums.withOutput { scaleSums in
      shiftSums.withOutput { shiftSums in
        x.value.withInput { x in
          modulation.value.withInput { m in
            gradient.withInput { dy in
              statistics.mean.withInput { mean in
                statistics.reciprocalDeviation.withInput { deviation in
                  size.forEachPiece { piece, sample, start, rows in
                    let row = start / size.width
                    mixflow_layer_norm_backward(
                      x.pointer + start, m.pointer + scale.start(sample), 1, dy.pointer + start,
                      mean.pointer + row, deviation.pointer + row, dx.pointer + start, hasSum,
                      scaleSums.pointer + piece * size.width,
                      shiftSums.pointer + piece * size.width, rows, size.width)
                  }
                }
              }
            }
          }
        }
      }
    }
  }
  if x.needsGradient {
    x.updateGradient(writing: pullback)
  } else {
    _ = Tensor(shape: x.shape) { (unused: SharedOutput) in pullback(unused, false) }
  }
  size.add(shiftSums, to: modulation, shift)
  size.add(scaleSums, to: modulation, scale)
}

/// The sizes of `[B, T, D]` with one modulation row for each sample, and its cut into pieces.
private struct TokenSize: Sendable {
  let samples: Int
  let tokens: Int
  let width: Int

  init(_ x: Tensor, modulation: Tensor) {
    precondition(
      x.shape.count == 3 && modulation.shape.count == 2 && modulation.shape[0] == x.shape[0],
      "tokens \(x.shape) with modulation \(modulation.shape)")
    samples = x.shape[0]
    tokens = x.shape[1]
    width = x.shape[2]
  }

  var rows: Int { samples * tokens }
  var piecesPerSample: Int { (tokens + rowsPerSum - 1) / rowsPerSum }
  var pieces: Int { samples * piecesPerSample }

  /// Calls `body(piece, sample, first element, rows)` for each piece, on several threads.
  func forEachPiece(_ body: @Sendable (Int, Int, Int, Int) -> Void) {
    parallelForEach(pieces) { piece in
      let sample = piece / piecesPerSample
      let first = piece % piecesPerSample * rowsPerSum
      body(piece, sample, (sample * tokens + first) * width, min(rowsPerSum, tokens - first))
    }
  }

  func forEachPiece(_ body: @Sendable (Int, Int, Int) -> Void) {
    forEachPiece { _, sample, start, rows in body(sample, start, rows) }
  }

  /// Adds the sums of a sample's pieces to its row of `modulation`'s gradient.
  func add(_ sums: Tensor, to modulation: Variable, _ chunk: RowChunk) {
    sums.withInput { sums in
      modulation.addToGradient({ gradient in
        for sample in 0..<samples {
          mixflow_sum_rows(
            sums.pointer + sample * piecesPerSample * width, gradient.pointer + chunk.start(sample),
            piecesPerSample, width, width)
        }
      })
    }
  }
}
