import CKernels

/// The first elements of queries, keys and values, or of their gradients.
///
/// Unchecked: each head of each sample is read and written by one thread alone.
struct AttentionTriple<Pointer: Strideable>: @unchecked Sendable where Pointer.Stride == Int {
  let query: Pointer
  let key: Pointer
  let value: Pointer

  init(query: Pointer, key: Pointer, value: Pointer) {
    self.query = query
    self.key = key
    self.value = value
  }

  /// The three parts of each row of one array.
  init(_ base: Pointer, partWidth: Int) {
    self.init(
      query: base, key: base.advanced(by: partWidth), value: base.advanced(by: 2 * partWidth))
  }

  /// All three at one offset.
  func advanced(by offset: Int) -> Self {
    AttentionTriple(
      query: query.advanced(by: offset), key: key.advanced(by: offset),
      value: value.advanced(by: offset))
  }
}

/// Attention over tiles of rows, for heads that lie in rows of `stride` elements.
struct AttentionKernel: Sendable {
  typealias Inputs = AttentionTriple<UnsafePointer<Float>>
  typealias Gradients = AttentionTriple<UnsafeMutablePointer<Float>>

  let samples: Int
  let tokens: Int
  let heads: Int
  let width: Int
  let stride: Int

  init(samples: Int, tokens: Int, heads: Int, width: Int, stride: Int) {
    precondition(heads > 0 && width % heads == 0, "\(heads) heads in a width of \(width)")
    self.samples = samples
    self.tokens = tokens
    self.heads = heads
    self.width = width
    self.stride = stride
  }

  /// Returns the output, `[B, T, H · d]`, and each row's log of the sum of exponentials.
  func forward(_ inputs: Inputs) -> (output: Tensor, logSums: Tensor) {
    var logSums = Tensor(zeros: [samples, heads, tokens])
    let output = Tensor(shape: [samples, tokens, width]) { (output: SharedOutput) in
      logSums.withOutput { logSums in
        parallelForEach(samples * heads) { index in
          let head = inputs.advanced(by: start(of: index, stride: stride))
          withScratch(tile * tokens) { scores in
            forEachTile { row, rows in
              writeScores(head, row, rows, into: scores)
              mixflow_softmax(scores, logSums.pointer + index * tokens + row, rows, tokens)
              multiplyHere(
                rows: rows, columns: headWidth, depth: tokens,
                MatrixOperand(scores, rowStride: tokens),
                MatrixOperand(head.value, rowStride: stride), beta: 0,
                into: output.pointer + start(of: index, stride: width) + row * width,
                rowStride: width)
            }
          }
        }
      }
    }
    return (output, logSums)
  }

  /// Writes the gradients of queries, keys and values.
  func pullback(_ inputs: Inputs, logSums: Tensor, gradient: Tensor, into gradients: Gradients) {
    withInputs(logSums, gradient) { logSums, dy in
      parallelForEach(samples * heads) { index in
        let head = inputs.advanced(by: start(of: index, stride: stride))
        withScratch(2 * tile * tokens) { scores in
          forEachTile { row, rows in
            writeScores(head, row, rows, into: scores)
            mixflow_softmax_again(scores, logSums.pointer + index * tokens + row, rows, tokens)
            pullBackTile(
              head, row, rows, scores, scores + tile * tokens,
              gradient: dy.pointer + start(of: index, stride: width) + row * width,
              into: gradients.advanced(by: start(of: index, stride: stride)))
          }
        }
      }
    }
  }

  /// Adds what some rows of one head send to queries, keys and values; the first tile overwrites.
  private func pullBackTile(
    _ head: Inputs, _ row: Int, _ rows: Int, _ scores: UnsafeMutablePointer<Float>,
    _ slopes: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    into gradients: Gradients
  ) {
    let beta: Float = row == 0 ? 0 : 1
    let dy = MatrixOperand(gradient, rowStride: width)
    multiplyHere(
      rows: tokens, columns: headWidth, depth: rows,
      MatrixOperand(scores, rowStride: tokens, transposed: true), dy,
      beta: beta, into: gradients.value, rowStride: stride)
    multiplyHere(
      rows: rows, columns: tokens, depth: headWidth, dy,
      MatrixOperand(head.value, rowStride: stride, transposed: true),
      beta: 0, into: slopes, rowStride: tokens)
    mixflow_softmax_backward(scores, slopes, scale, rows, tokens)
    multiplyHere(
      rows: rows, columns: headWidth, depth: tokens,
      MatrixOperand(slopes, rowStride: tokens), MatrixOperand(head.key, rowStride: stride),
      beta: 0, into: gradients.query + row * stride, rowStride: stride)
    multiplyHere(
      rows: tokens, columns: headWidth, depth: rows,
      MatrixOperand(slopes, rowStride: tokens, transposed: true),
      MatrixOperand(head.query + row * stride, rowStride: stride),
      beta: beta, into: gradients.key, rowStride: stride)
  }

  /// Writes `q kᵀ / √d` for some rows of one head.
  private func writeScores(
    _ head: Inputs, _ row: Int, _ rows: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    multiplyHere(
      rows: rows, columns: tokens, depth: headWidth, scale: scale,
      MatrixOperand(head.query + row * stride, rowStride: stride),
      MatrixOperand(head.key, rowStride: stride, transposed: true),
      beta: 0, into: scores, rowStride: tokens)
  }

  private var headWidth: Int { width / heads }
  private var scale: Float { 1 / Float(headWidth).squareRoot() }
  /// Rows of scores made at once: a tile fits a core's second cache.
  private var tile: Int { max(32, min(tokens, 65_536 / max(tokens, 1))) }

  /// Where head `index` of all samples' heads starts in rows of `stride`.
  private func start(of index: Int, stride: Int) -> Int {
    let (sample, head) = index.quotientAndRemainder(dividingBy: heads)
    return sample * tokens * stride + head * headWidth
  }

  private func forEachTile(_ body: (_ row: Int, _ rows: Int) -> Void) {
    for row in Swift.stride(from: 0, to: tokens, by: tile) { body(row, min(tile, tokens - row)) }
  }
}
