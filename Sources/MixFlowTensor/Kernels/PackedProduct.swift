import CKernels

/// A product of factors that are packed for the processor's tile on the way.
///
/// The smaller factor is packed once for all; blocks of the other go over the threads, each packed
/// where it is used. Every sum runs over the depth in the same pieces and order, so results depend
/// neither on the blocks nor on the threads.
struct PackedProduct: Sendable {
  let rows: Int
  let columns: Int
  let depth: Int
  let left: FactorLines
  let right: FactorLines
  var scale: Float = 1
  /// Whether the product is added to what the output holds.
  let adds: Bool
  let output: SharedOutput
  let rowStride: Int
  let tile: ProductTile
  let finish: ProductFinish?

  func compute(workers: Int) {
    let pieces = ProductTile.depthPieces(depth)
    if columns <= rows {
      shareRight(pieces, workers: workers)
    } else {
      shareLeft(pieces, workers: workers)
    }
  }

  private func shareRight(_ pieces: [Range<Int>], workers: Int) {
    let blocks = blocks(of: rows, atMost: tile.blockRows, multipleOf: tile.rows, workers: workers)
    let padded = rounded(columns, to: tile.columns)
    withPackingScratch(padded * depth) { shared in
      let packed = SharedOutput(pointer: shared)
      pack(right, count: columns, width: tile.columns, scale: 1, pieces, into: packed, workers)
      parallelForEach(blocks.count, workers: workers) { index in
        let block = blocks[index]
        withPackingScratch(rounded(block.count, to: tile.rows) * pieces[0].count) { own in
          for piece in pieces {
            left.pack(block, depth: piece, width: tile.rows, scale: scale, into: own)
            for start in stride(from: 0, to: columns, by: tile.blockColumns) {
              multiply(
                block, start..<min(columns, start + tile.blockColumns), piece, own,
                packed.pointer + padded * piece.lowerBound + start * piece.count)
            }
          }
        }
      }
    }
  }

  private func shareLeft(_ pieces: [Range<Int>], workers: Int) {
    let blocks = blocks(
      of: columns, atMost: tile.blockColumns, multipleOf: tile.columns, workers: workers)
    let padded = rounded(rows, to: tile.rows)
    withPackingScratch(padded * depth) { shared in
      let packed = SharedOutput(pointer: shared)
      pack(left, count: rows, width: tile.rows, scale: scale, pieces, into: packed, workers)
      parallelForEach(blocks.count, workers: workers) { index in
        let block = blocks[index]
        withPackingScratch(rounded(block.count, to: tile.columns) * pieces[0].count) { own in
          for piece in pieces {
            right.pack(block, depth: piece, width: tile.columns, into: own)
            for start in stride(from: 0, to: rows, by: tile.blockRows) {
              multiply(
                start..<min(rows, start + tile.blockRows), block, piece,
                packed.pointer + padded * piece.lowerBound + start * piece.count, own)
            }
          }
        }
      }
    }
  }

  /// Adds one piece of the sums of one block.
  private func multiply(
    _ rows: Range<Int>, _ columns: Range<Int>, _ piece: Range<Int>,
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>
  ) {
    mixflow_multiply_packed(
      rows.count, columns.count, piece.count, left, right,
      output.pointer + rows.lowerBound * rowStride + columns.lowerBound, rowStride,
      adds || piece.lowerBound > 0)
    if piece.upperBound == depth { finish?(rows, columns) }
  }

  /// Packs all lines of a factor, piece after piece of the depth.
  private func pack(
    _ lines: FactorLines, count: Int, width: Int, scale: Float, _ pieces: [Range<Int>],
    into packed: SharedOutput, _ workers: Int
  ) {
    let padded = rounded(count, to: width)
    let blocks = blocks(of: count, atMost: 128 / width * width, multipleOf: width, workers: workers)
    parallelForEach(blocks.count, workers: workers) { index in
      let block = blocks[index]
      for piece in pieces {
        lines.pack(
          block, depth: piece, width: width, scale: scale,
          into: packed.pointer + padded * piece.lowerBound + block.lowerBound * piece.count)
      }
    }
  }

  /// Cuts lines into blocks, smaller ones towards the end, so that all threads finish together.
  private func blocks(
    of lines: Int, atMost limit: Int, multipleOf unit: Int, workers: Int
  ) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    var start = 0
    while start < lines {
      let share = workers == 1 ? limit : (lines - start) / (2 * workers)
      let length = min(limit, max(2 * unit, share / unit * unit))
      blocks.append(start..<min(lines, start + length))
      start += length
    }
    return blocks
  }
}

private func rounded(_ number: Int, to unit: Int) -> Int { (number + unit - 1) / unit * unit }

/// Lends `body` a block for packed lines that lies in huge pages.
///
/// A cache that is indexed by physical addresses loses much of its room to chance when a block lies
/// in scattered small pages: measured, a fifth of a product's time.
private func withPackingScratch(
  _ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void
) {
  withScratch(max(count, MemoryPool.large / MemoryLayout<Float>.stride), body)
}
