import CKernels

/// What the elements of a tensor look like.
package struct ElementScan: Equatable, Sendable {
  /// The number of NaN elements.
  package let nanCount: Int
  /// The number of infinite elements.
  package let infiniteCount: Int
  /// The least and the greatest finite element, or nil where there is none.
  package let range: ClosedRange<Float>?
  /// The sum of the squares of the finite elements.
  package let squaredNorm: Double
}

/// The elements that are scanned at once; parts are joined in order, whatever thread made them.
private let elementsPerScan = 1 << 16

extension Tensor {
  /// Counts what is not finite and measures the rest, on several threads.
  package func scanned() -> ElementScan {
    let pieces = (count + elementsPerScan - 1) / elementsPerScan
    let start = mixflow_scan_result(
      low: .infinity, high: -.infinity, squares: 0, nans: 0, infinities: 0)
    let parts = [mixflow_scan_result](unsafeUninitializedCapacity: pieces) { buffer, used in
      buffer.initialize(repeating: start)
      let results = Shared(pointer: buffer)
      withInput { x in
        parallelRanges(count, piece: elementsPerScan) { range in
          mixflow_scan(
            x.pointer + range.lowerBound, range.count,
            &results.pointer[range.lowerBound / elementsPerScan])
        }
      }
      used = pieces
    }
    let low = parts.reduce(start.low) { min($0, $1.low) }
    let high = parts.reduce(start.high) { max($0, $1.high) }
    return ElementScan(
      nanCount: parts.reduce(0) { $0 + $1.nans },
      infiniteCount: parts.reduce(0) { $0 + $1.infinities },
      range: low <= high ? low...high : nil, squaredNorm: parts.reduce(0) { $0 + $1.squares })
  }
}
