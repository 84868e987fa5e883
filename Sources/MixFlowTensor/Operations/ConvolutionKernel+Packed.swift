import CKernels

extension ConvolutionKernel {
  /// Computes the output where products are our own: the pixels under the kernels are packed for the
  /// processor's tile straight from the image, some channels of some outputs at a time, so that
  /// neither the columns nor the weight go through memory for each tile.
  ///
  /// Every sum runs over the same pieces of channels in order, so results depend neither on the
  /// blocks of pixels nor on the threads.
  func packedForward(
    _ x: SharedInput, weight: SharedInput, bias: SharedInput, into y: SharedOutput,
    tile: ProductTile
  ) {
    let pieces = channelPieces
    let padded = (outputs + tile.rows - 1) / tile.rows * tile.rows
    let block = pixelsPerBlock(tile)
    let blocks = (pixels + block - 1) / block
    withScratch(padded * depth) { scratch in
      let weights = SharedOutput(pointer: scratch)
      parallelForEach(pieces.count) { index in
        let start = pieces[index].lowerBound * taps
        mixflow_pack(
          weight.pointer + start, depth, true, 1, outputs, pieces[index].count * taps, tile.rows,
          weights.pointer + padded * start)
      }
      parallelForEach(samples * blocks) { index in
        let (sample, number) = index.quotientAndRemainder(dividingBy: blocks)
        let first = number * block
        let count = min(block, pixels - first)
        let target = y.pointer + sample * outputs * pixels + first
        for output in 0..<outputs {
          (target + output * pixels).update(repeating: bias.pointer[output], count: count)
        }
        let lines = (count + tile.columns - 1) / tile.columns * tile.columns
        withScratch(lines * pieces[0].count * taps) { columns in
          for piece in pieces {
            add(
              piece, of: sample, first..<first + count, x, into: target, tile: tile,
              columns: columns, weights: weights.pointer + padded * piece.lowerBound * taps)
          }
        }
      }
    }
  }

  /// Adds what some channels contribute to some outputs of one image.
  private func add(
    _ channels: Range<Int>, of sample: Int, _ block: Range<Int>, _ x: SharedInput,
    into target: UnsafeMutablePointer<Float>, tile: ProductTile,
    columns: UnsafeMutablePointer<Float>, weights: UnsafePointer<Float>
  ) {
    let plane = geometry.height * geometry.width
    let depth = channels.count * taps
    withUnsafePointer(to: geometry) { geometry in
      mixflow_pack_pixels(
        geometry, x.pointer + (sample * self.channels + channels.lowerBound) * plane,
        channels.count, block.lowerBound, block.count, tile.columns, columns)
    }
    for start in stride(from: 0, to: outputs, by: tile.blockRows) {
      mixflow_multiply_packed(
        min(tile.blockRows, outputs - start), block.count, depth, weights + start * depth, columns,
        target + start * pixels, pixels, true)
    }
  }

  /// Channels in equal pieces, whose packed lines fit the first cache.
  private var channelPieces: [Range<Int>] {
    let limit = max(1, 256 / taps)
    let count = (channels + limit - 1) / limit
    let length = (channels + count - 1) / max(1, count)
    return stride(from: 0, to: channels, by: max(1, length)).map {
      $0..<min(channels, $0 + length)
    }
  }

  /// A block's packed pixels fit the second cache; small images have blocks for several threads.
  private func pixelsPerBlock(_ tile: ProductTile) -> Int {
    pixels >= 8 * tile.blockColumns
      ? tile.blockColumns : max(1, tile.blockColumns / 4 / tile.columns) * tile.columns
  }
}
