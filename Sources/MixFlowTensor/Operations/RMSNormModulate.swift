import CKernels

/// Returns `RMSNorm(x) (1 + scale) + shift`, the modulated normalisation of RAE's transformers.
///
/// - Parameters:
///   - x: `[B, T, D]`.
///   - weight: `[D]`, the weight of the normalisation.
///   - modulation: The output of the adaLN projection, `[B, chunks · D]`, or `[B, T, chunks · D]`
///     where each token has its own.
///   - shift: The chunk that holds the shift.
///   - scale: The chunk that holds the scale.
///   - eps: Added to the mean square.
/// - Returns: `[B, T, D]`.
public func rmsNormModulate(
  _ x: Variable, weight: Variable, modulation: Variable, shift: Int, scale: Int, eps: Float = 1e-6
) -> Variable {
  let norm = RMSNormModulation(
    x.value, weight: weight.value, modulation: modulation.value, shift: shift, scale: scale)
  let (y, roots) = profiled(.normalization, bytes: 2 * x.value.byteCount) {
    norm.normalized(eps: eps)
  }
  return Variable.derive(y, from: [x, weight, modulation]) { gradient in
    profiled(.normalization, bytes: 3 * gradient.byteCount) {
      let gradients = norm.pullback(roots: roots, gradient: gradient)
      x.accumulate(gradients.x)
      norm.pieces.add(gradients.weight, to: weight, norm.weightChunk)
      norm.pieces.add(gradients.shift, to: modulation, norm.shiftChunk)
      norm.pieces.add(gradients.scale, to: modulation, norm.scaleChunk)
    }
  }
}

/// The normalisation with the rows that its weight, scale and shift come from.
private struct RMSNormModulation {
  let pieces: RowPieces
  let weightChunk: RowChunk
  let shiftChunk: RowChunk
  let scaleChunk: RowChunk
  private let x: Tensor
  private let weight: Tensor
  private let modulation: Tensor

  init(_ x: Tensor, weight: Tensor, modulation: Tensor, shift: Int, scale: Int) {
    pieces = RowPieces(x, modulation: modulation)
    weightChunk = RowChunk(weight: weight, width: pieces.width)
    shiftChunk = RowChunk(shift, of: modulation, width: pieces.width)
    scaleChunk = RowChunk(scale, of: modulation, width: pieces.width)
    self.x = x
    self.weight = weight
    self.modulation = modulation
  }

  func normalized(eps: Float) -> (Tensor, roots: Tensor) {
    let (pieces, shiftChunk, scaleChunk) = (pieces, shiftChunk, scaleChunk)
    var roots = Tensor(zeros: [pieces.rows])
    let y = Tensor(shape: x.shape) { (y: SharedOutput) in
      roots.withOutput { roots in
        withInputs(x, weight, modulation) { x, weight, modulation in
          pieces.forEachPiece { _, sample, start, rows in
            mixflow_rms_norm_modulate(
              x.pointer + start, weight.pointer, modulation.pointer + scaleChunk.start(sample),
              modulation.pointer + shiftChunk.start(sample), y.pointer + start,
              roots.pointer + start / pieces.width, eps, rows, pieces.width)
          }
        }
      }
    }
    return (y, roots)
  }

  /// The gradient of `x`, and those of weight, scale and shift by pieces.
  func pullback(
    roots: Tensor, gradient: Tensor
  ) -> (x: Tensor, weight: Tensor, scale: Tensor, shift: Tensor) {
    let (pieces, scaleChunk) = (pieces, scaleChunk)
    var weightSums = Tensor(zeros: [pieces.count, pieces.width])
    var scaleSums = Tensor(zeros: [pieces.count, pieces.width])
    var shiftSums = Tensor(zeros: [pieces.count, pieces.width])
    let dx = Tensor(shape: x.shape) { (dx: SharedOutput) in
      weightSums.withOutput { weightSums in
        scaleSums.withOutput { scaleSums in
          shiftSums.withOutput { shiftSums in
            withInputs(x, weight, modulation) { x, weight, modulation in
              withInputs(roots, gradient) { roots, dy in
                pieces.forEachPiece { piece, sample, start, rows in
                  let sum = piece * pieces.width
                  mixflow_rms_norm_modulate_backward(
                    x.pointer + start, weight.pointer,
                    modulation.pointer + scaleChunk.start(sample), dy.pointer + start,
                    roots.pointer + start / pieces.width, dx.pointer + start,
                    weightSums.pointer + sum, scaleSums.pointer + sum, shiftSums.pointer + sum,
                    rows, pieces.width)
                }
              }
            }
          }
        }
      }
    }
    return (dx, weightSums, scaleSums, shiftSums)
  }
}
