import CKernels

/// Returns `LN(x) (1 + scale) + shift`, the modulated normalisation of adaLN (Peebles and Xie, 2023).
///
/// - Parameters:
///   - x: `[B, T, D]`.
///   - modulation: The output of the adaLN projection, `[B, chunks · D]`, or `[B, T, chunks · D]`
///     where each token has its own.
///   - shift: The chunk that holds the shift.
///   - scale: The chunk that holds the scale.
///   - eps: Added to the biased variance.
/// - Returns: `[B, T, D]`.
public func layerNormModulate(
  _ x: Variable, modulation: Variable, shift: Int, scale: Int, eps: Float = 1e-6
) -> Variable {
  let pieces = RowPieces(x.value, modulation: modulation.value)
  return LayerNorm(
    pieces: pieces, eps: eps, offset: 1,
    gain: (modulation, RowChunk(scale, of: modulation.value, width: pieces.width)),
    shift: (modulation, RowChunk(shift, of: modulation.value, width: pieces.width)))(x)
}

/// Returns `(x − mean) / √(var + eps) · weight + bias` over the last dimension (Ba et al., 2016).
///
/// - Parameters:
///   - x: `[..., D]`.
///   - weight: `[D]`, or nil for ones.
///   - bias: `[D]`, or nil for zeros.
///   - eps: Added to the biased variance.
/// - Returns: The same shape as `x`.
public func layerNorm(
  _ x: Variable, weight: Variable?, bias: Variable?, eps: Float
) -> Variable {
  let pieces = RowPieces(rowsOf: x.value)
  let zeros = Variable(constant: Tensor(zeros: [pieces.width]))
  let gain = weight ?? zeros
  let shift = bias ?? zeros
  return LayerNorm(
    pieces: pieces, eps: eps, offset: weight == nil ? 1 : 0,
    gain: (gain, RowChunk(weight: gain.value, width: pieces.width)),
    shift: (shift, RowChunk(weight: shift.value, width: pieces.width)))(x)
}

/// The normalisation `LN(x) (offset + gain) + shift` with the rows that gain and shift come from.
private struct LayerNorm {
  let pieces: RowPieces
  let eps: Float
  let offset: Float
  let gain: (source: Variable, chunk: RowChunk)
  let shift: (source: Variable, chunk: RowChunk)

  func callAsFunction(_ x: Variable) -> Variable {
    let (y, mean, deviation) = profiled(.normalization, bytes: 2 * x.value.byteCount) {
      normalized(x.value)
    }
    return Variable.derive(y, from: [x, gain.source, shift.source]) { gradient in
      profiled(.normalization, bytes: 3 * gradient.byteCount) {
        pullback(x, mean: mean, reciprocalDeviation: deviation, gradient: gradient)
      }
    }
  }

  private func normalized(_ x: Tensor) -> (Tensor, mean: Tensor, reciprocalDeviation: Tensor) {
    let (pieces, eps, offset) = (pieces, eps, offset)
    let (gainChunk, shiftChunk) = (gain.chunk, shift.chunk)
    var mean = Tensor(zeros: [pieces.rows])
    var deviation = Tensor(zeros: [pieces.rows])
    let y = Tensor(shape: x.shape) { (y: SharedOutput) in
      mean.withOutput { mean in
        deviation.withOutput { deviation in
          withInputs(x, gain.source.value, shift.source.value) { x, gain, shift in
            pieces.forEachPiece { _, sample, start, rows in
              let row = start / pieces.width
              mixflow_layer_norm(
                x.pointer + start, gain.pointer + gainChunk.start(sample),
                shift.pointer + shiftChunk.start(sample), offset, y.pointer + start,
                mean.pointer + row, deviation.pointer + row, eps, rows, pieces.width)
            }
          }
        }
      }
    }
    return (y, mean, deviation)
  }

  private func pullback(
    _ x: Variable, mean: Tensor, reciprocalDeviation: Tensor, gradient: Tensor
  ) {
    var gainSums = Tensor(zeros: [pieces.count, pieces.width])
    var shiftSums = Tensor(zeros: [pieces.count, pieces.width])
    let writeGradients = { (dx: SharedOutput, hasSum: Bool) in
      let (pieces, offset, chunk) = (pieces, offset, gain.chunk)
      gainSums.withOutput { gainSums in
        shiftSums.withOutput { shiftSums in
          withInputs(x.value, gain.source.value, gradient) { x, gain, dy in
            withInputs(mean, reciprocalDeviation) { mean, deviation in
              pieces.forEachPiece { piece, sample, start, rows in
                let row = start / pieces.width
                mixflow_layer_norm_backward(
                  x.pointer + start, gain.pointer + chunk.start(sample), offset,
                  dy.pointer + start, mean.pointer + row, deviation.pointer + row,
                  dx.pointer + start, hasSum, gainSums.pointer + piece * pieces.width,
                  shiftSums.pointer + piece * pieces.width, rows, pieces.width)
              }
            }
          }
        }
      }
    }
    if x.needsGradient {
      x.updateGradient(writing: writeGradients)
    } else {
      _ = Tensor(shape: x.shape) { (unused: SharedOutput) in writeGradients(unused, false) }
    }
    pieces.add(shiftSums, to: shift.source, shift.chunk)
    pieces.add(gainSums, to: gain.source, gain.chunk)
  }
}
