import CKernels

/// A convolution as matrix products over tiles of output rows.
///
/// A tile's size depends on the shapes of one image alone, so that neither the batch nor the number
/// of threads changes a result.
struct ConvolutionKernel: Sendable {
  let samples: Int
  let channels: Int
  let outputs: Int
  let geometry: mixflow_convolution

  init(_ x: [Int], weight: [Int], stride: Int, padding: ConvolutionPadding) {
    precondition(
      x.count == 4 && weight.count == 4 && weight[1] == x[1] && weight[2] == weight[3]
        && stride > 0 && x[2] + padding.top + padding.bottom >= weight[2]
        && x[3] + padding.left + padding.right >= weight[2],
      "convolution of \(x) with \(weight), stride \(stride), padding \(padding)")
    samples = x[0]
    channels = x[1]
    outputs = weight[0]
    geometry = mixflow_convolution(
      height: x[2], width: x[3], kernel: weight[2], stride: stride, top: padding.top,
      left: padding.left,
      out_height: (x[2] + padding.top + padding.bottom - weight[2]) / stride + 1,
      out_width: (x[3] + padding.left + padding.right - weight[2]) / stride + 1)
  }

  /// The operations of the forward product; each gradient takes as many.
  var flopsPerProduct: Int { 2 * samples * outputs * pixels * depth }
  /// The bytes of the output.
  var outputByteCount: Int { samples * outputs * pixels * MemoryLayout<Float>.stride }

  func forward(_ x: Tensor, weight: Tensor, bias: Tensor) -> Tensor {
    let shape = [samples, outputs, geometry.out_height, geometry.out_width]
    return Tensor(shape: shape) { (y: SharedOutput) in
      withInputs(x, weight, bias) { x, weight, bias in
        if let tile = ProductTile.ofProcessor, depth > 0 {
          return packedForward(x, weight: weight, bias: bias, into: y, tile: tile)
        }
        parallelForEach(samples * tilesPerSample) { index in
          let tile = tile(index % tilesPerSample, of: index / tilesPerSample)
          for output in 0..<outputs {
            (y.pointer + tile.output + output * pixels).update(
              repeating: bias.pointer[output], count: tile.pixels)
          }
          withScratch(depth * tile.pixels) { columns in
            for channel in 0..<channels { unfold(x, channel, tile, into: columns) }
            multiplyHere(
              rows: outputs, columns: tile.pixels, depth: depth,
              MatrixOperand(weight, rowStride: depth),
              MatrixOperand(columns, rowStride: tile.pixels),
              beta: 1, into: y.pointer + tile.output, rowStride: pixels)
          }
        }
      }
    }
  }

  /// Adds `Σ dy · columnsᵀ`, tile after tile.
  func addWeightGradient(
    _ x: SharedInput, gradient dy: SharedInput, into dw: SharedOutput, hasSum: Bool
  ) {
    for index in 0..<samples * tilesPerSample {
      let tile = tile(index % tilesPerSample, of: index / tilesPerSample)
      withScratch(depth * tile.pixels) { columns in
        let shared = SharedOutput(pointer: columns)
        parallelForEach(channels) { unfold(x, $0, tile, into: shared.pointer) }
        multiply(
          rows: outputs, columns: depth, depth: tile.pixels,
          MatrixOperand(dy.pointer + tile.output, rowStride: pixels),
          MatrixOperand(columns, rowStride: tile.pixels, transposed: true),
          beta: index > 0 || hasSum ? 1 : 0, into: dw, rowStride: depth)
      }
    }
  }

  /// Adds the columns `weightᵀ · dy` back to the pixels they came from, tile after tile.
  func addInputGradient(weight: SharedInput, gradient dy: SharedInput, into dx: SharedOutput) {
    let plane = geometry.height * geometry.width
    for sample in 0..<samples {
      for index in 0..<tilesPerSample {
        let tile = tile(index, of: sample)
        withScratch(depth * tile.pixels) { columns in
          let columns = SharedOutput(pointer: columns)
          multiply(
            rows: depth, columns: tile.pixels, depth: outputs,
            MatrixOperand(weight, rowStride: depth, transposed: true),
            MatrixOperand(dy.pointer + tile.output, rowStride: pixels),
            beta: 0, into: columns, rowStride: tile.pixels)
          parallelForEach(channels) { channel in
            withUnsafePointer(to: geometry) { geometry in
              mixflow_fold(
                geometry, columns.pointer + channel * taps * tile.pixels, tile.firstRow, tile.rows,
                dx.pointer + (sample * channels + channel) * plane)
            }
          }
        }
      }
    }
  }

  /// Adds the sums of `dy` over samples and pixels.
  func addBiasGradient(gradient dy: SharedInput, into db: SharedOutput) {
    parallelForEach(outputs) { output in
      let sum = (0..<samples).reduce(0.0) { sum, sample in
        sum + mixflow_sum(dy.pointer + (sample * outputs + output) * pixels, pixels)
      }
      db.pointer[output] += Float(sum)
    }
  }

  /// Some rows of one output image.
  private struct Tile {
    let sample: Int
    let firstRow: Int
    let rows: Int
    let pixels: Int
    /// The first element of the tile in the first channel of the output.
    let output: Int
  }

  var taps: Int { geometry.kernel * geometry.kernel }
  var depth: Int { channels * taps }
  var pixels: Int { geometry.out_height * geometry.out_width }
  /// Output rows in a tile: about a million elements of columns.
  private var rowsPerTile: Int { max(1, (1 << 20) / max(1, depth * geometry.out_width)) }
  private var tilesPerSample: Int { (geometry.out_height + rowsPerTile - 1) / rowsPerTile }

  private func tile(_ index: Int, of sample: Int) -> Tile {
    let firstRow = index * rowsPerTile
    let rows = min(rowsPerTile, geometry.out_height - firstRow)
    return Tile(
      sample: sample, firstRow: firstRow, rows: rows, pixels: rows * geometry.out_width,
      output: sample * outputs * pixels + firstRow * geometry.out_width)
  }

  private func unfold(
    _ x: SharedInput, _ channel: Int, _ tile: Tile, into columns: UnsafeMutablePointer<Float>
  ) {
    let plane = (tile.sample * channels + channel) * geometry.height * geometry.width
    withUnsafePointer(to: geometry) { geometry in
      mixflow_unfold(
        geometry, x.pointer + plane, tile.firstRow, tile.rows,
        columns + channel * taps * tile.pixels)
    }
  }
}
