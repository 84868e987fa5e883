import CKernels

/// Returns scaled dot-product self-attention of all heads, `softmax(q kᵀ / √d) v`.
///
/// No `T × T` matrix stays in memory: scores are made in tiles of rows and again in the pullback.
///
/// - Parameters:
///   - qkv: `[B, T, 3, H, d]` flattened to `[B, T, 3 H d]`, as timm's attention lays it out.
///   - heads: The number of heads `H`.
/// - Returns: `[B, T, H d]`, heads concatenated.
public func attention(_ qkv: Variable, heads: Int) -> Variable {
  let size = AttentionSize(qkv.value, heads: heads)
  let (output, logSums) = attentionForward(qkv.value, size)
  return Variable.derive(output, from: [qkv]) { gradient in
    attentionPullback(qkv, size, output: output, logSums: logSums, gradient: gradient)
  }
}

private func attentionForward(_ qkv: Tensor, _ size: AttentionSize) -> (Tensor, logSums: Tensor) {
  var logSums = Tensor(zeros: [size.samples, size.heads, size.tokens])
  let output = Tensor(shape: [size.samples, size.tokens, size.width]) { (output: SharedOutput) in
    logSums.withOutput { logSums in
      qkv.withInput { qkv in
        parallelForEach(size.samples * size.heads) { index in
          let head = size.head(index)
          let scores = Storage(count: size.tile * size.tokens)
          size.forEachTile { row, rows in
            scoreTile(qkv, head, row, rows, size, into: scores.base)
            mixflow_softmax(
              scores.base, logSums.pointer + index * size.tokens + row, rows, size.tokens)
            multiplyHere(
              rows: rows, columns: size.headWidth, depth: size.tokens,
              MatrixOperand(scores.base, rowStride: size.tokens),
              MatrixOperand(qkv.pointer + head.value, rowStride: size.stride),
              beta: 0, into: output.pointer + head.output + row * size.width,
              rowStride: size.width)
          }
        }
      }
    }
  }
  return (output, logSums)
}

private func attentionPullback(
  _ qkv: Variable, _ size: AttentionSize, output: Tensor, logSums: Tensor, gradient: Tensor
) {
  let result = Tensor(shape: qkv.shape) { (dqkv: SharedOutput) in
    qkv.value.withInput { qkv in
      logSums.withInput { logSums in
        gradient.withInput { dy in
          parallelForEach(size.samples * size.heads) { index in
            let head = size.head(index)
            let scores = Storage(count: size.tile * size.tokens)
            let slopes = Storage(count: size.tile * size.tokens)
            size.forEachTile { row, rows in
              scoreTile(qkv, head, row, rows, size, into: scores.base)
              mixflow_softmax_again(
                scores.base, logSums.pointer + index * size.tokens + row, rows, size.tokens)
              pullBackTile(
                qkv, head, row, rows, size, scores.base, slopes.base,
                gradient: dy.pointer + head.output + row * size.width, into: dqkv)
            }
          }
        }
      }
    }
  }
  qkv.accumulate(result)
}

/// Adds what some rows of one head send to queries, keys and values; the first tile overwrites.
private func pullBackTile(
  _ qkv: SharedInput, _ head: AttentionHead, _ row: Int, _ rows: Int, _ size: AttentionSize,
  _ scores: UnsafeMutablePointer<Float>, _ slopes: UnsafeMutablePointer<Float>,
  gradient: UnsafePointer<Float>, into dqkv: SharedOutput
) {
  let beta: Float = row == 0 ? 0 : 1
  let dy = MatrixOperand(gradient, rowStride: size.width)
  multiplyHere(
    rows: size.tokens, columns: size.headWidth, depth: rows,
    MatrixOperand(scores, rowStride: size.tokens, transposed: true), dy,
    beta: beta, into: dqkv.pointer + head.value, rowStride: size.stride)
  multiplyHere(
    rows: rows, columns: size.tokens, depth: size.headWidth, dy,
    MatrixOperand(qkv.pointer + head.value, rowStride: size.stride, transposed: true),
    beta: 0, into: slopes, rowStride: size.tokens)
  mixflow_softmax_backward(scores, slopes, size.scale, rows, size.tokens)
  multiplyHere(
    rows: rows, columns: size.headWidth, depth: size.tokens,
    MatrixOperand(slopes, rowStride: size.tokens),
    MatrixOperand(qkv.pointer + head.key, rowStride: size.stride),
    beta: 0, into: dqkv.pointer + head.query + row * size.stride, rowStride: size.stride)
  multiplyHere(
    rows: size.tokens, columns: size.headWidth, depth: rows,
    MatrixOperand(slopes, rowStride: size.tokens, transposed: true),
    MatrixOperand(qkv.pointer + head.query + row * size.stride, rowStride: size.stride),
    beta: beta, into: dqkv.pointer + head.key, rowStride: size.stride)
}

/// Writes `q kᵀ / √d` for some rows of one head.
private func scoreTile(
  _ qkv: SharedInput, _ head: AttentionHead, _ row: Int, _ rows: Int, _ size: AttentionSize,
  into scores: UnsafeMutablePointer<Float>
) {
  multiplyHere(
    rows: rows, columns: size.tokens, depth: size.headWidth, scale: size.scale,
    MatrixOperand(qkv.pointer + head.query + row * size.stride, rowStride: size.stride),
    MatrixOperand(qkv.pointer + head.key, rowStride: size.stride, transposed: true),
    beta: 0, into: scores, rowStride: size.tokens)
}

/// Where one head of one sample starts in the arrays.
private struct AttentionHead {
  let query: Int
  let key: Int
  let value: Int
  let output: Int
}

private struct AttentionSize: Sendable {
  let samples: Int
  let tokens: Int
  let heads: Int
  let width: Int

  init(_ qkv: Tensor, heads: Int) {
    precondition(
      qkv.shape.count == 3 && heads > 0 && qkv.shape[2] % (3 * heads) == 0,
      "attention of \(heads) heads over \(qkv.shape)")
    samples = qkv.shape[0]
    tokens = qkv.shape[1]
    width = qkv.shape[2] / 3
    self.heads = heads
  }

  var headWidth: Int { width / heads }
  var stride: Int { 3 * width }
  var scale: Float { 1 / Float(headWidth).squareRoot() }
  /// Rows of scores made at once: a tile fits a core's second cache.
  var tile: Int { max(32, min(tokens, 65_536 / max(tokens, 1))) }

  func head(_ index: Int) -> AttentionHead {
    let (sample, head) = index.quotientAndRemainder(dividingBy: heads)
    let start = sample * tokens * stride + head * headWidth
    return AttentionHead(
      query: start, key: start + width, value: start + 2 * width,
      output: sample * tokens * width + head * headWidth)
  }

  func forEachTile(_ body: (_ row: Int, _ rows: Int) -> Void) {
    for row in Swift.stride(from: 0, to: tokens, by: tile) { body(row, min(tile, tokens - row)) }
  }
}
