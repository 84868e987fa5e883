import CKernels

extension Tensor {
  /// Returns `Σ wᵢ xᵢ` over arrays of one shape, piece by piece while it lies in the cache.
  ///
  /// - Parameter terms: At least one pair of a weight and an array.
  /// - Returns: An array of that shape.
  public static func combination(of terms: [(Float, Tensor)]) -> Tensor {
    weighted(terms.map { ([$0.0], $0.1) }, samples: 1)
  }

  /// Returns `Σ wᵢ xᵢ` with weights of its own for each sample.
  ///
  /// - Parameter terms: At least one pair of weights `[B]` and an array `[B, ...]`.
  /// - Returns: An array of that shape.
  public static func combination(of terms: [([Float], Tensor)]) -> Tensor {
    weighted(terms, samples: terms.first?.1.shape.first ?? 1)
  }

  private static func weighted(_ terms: [([Float], Tensor)], samples: Int) -> Tensor {
    precondition(!terms.isEmpty, "a combination of nothing")
    let shape = terms[0].1.shape
    precondition(
      terms.allSatisfy { $0.0.count == samples && $0.1.shape == shape },
      "a combination of \(terms.map(\.1.shape)) with \(terms.map(\.0.count)) weights")
    let size = terms[0].1.count / max(samples, 1)
    let pieces = (size + elementsPerPiece - 1) / elementsPerPiece
    return profiled(.transport, bytes: (terms.count + 1) * terms[0].1.byteCount) {
      Tensor(shape: shape) { (out: SharedOutput) in
        parallelForEach(samples * pieces) { index in
          let (sample, piece) = index.quotientAndRemainder(dividingBy: max(pieces, 1))
          let start = sample * size + piece * elementsPerPiece
          let count = min(elementsPerPiece, size - piece * elementsPerPiece)
          withInputs(terms[0].1, terms[terms.count > 1 ? 1 : 0].1) { first, second in
            // The first two terms go in one pass; a sole one is its own companion of weight 0.
            let weight = terms.count > 1 ? terms[1].0[sample] : 0
            mixflow_combine2(
              weight, second.pointer + start, terms[0].0[sample], first.pointer + start,
              out.pointer + start, count)
          }
          for (weights, x) in terms.dropFirst(2) {
            x.withInput {
              mixflow_axpby(weights[sample], $0.pointer + start, 1, out.pointer + start, count)
            }
          }
        }
      }
    }
  }
}
