/// Returns the squared Frechet distance of two Gaussians, as FID takes it of Inception features.
///
/// `|mu_a - mu_b|² + Tr S_a + Tr S_b - 2 Tr (S_a S_b)^½` (Heusel et al., 2017). The last trace is
/// the sum of the square roots of the eigenvalues of `S_a^½ S_b S_a^½`, which two symmetric
/// eigensolves give without the faults that matrix square roots of products had in some versions
/// of SciPy. Eigenvalues that rounding has made negative count as 0, so covariances of low rank
/// are allowed.
///
/// - Parameters:
///   - a: The moments of one set of features.
///   - b: The moments of the other.
/// - Returns: The distance; for equal moments 0 up to rounding, which may leave it below 0.
/// - Throws: `EvaluationError` where dimensions differ, LAPACK is missing or it fails.
public func frechetDistance(_ a: GaussianMoments, _ b: GaussianMoments) throws -> Double {
  guard a.dimensions == b.dimensions else {
    throw EvaluationError.dimensions(a.dimensions, b.dimensions)
  }
  let size = a.dimensions
  // Rows of `root` are the eigenvectors of S_a times the roots of their eigenvalues; as
  // S_a^½ = Vᵀ root, the product root S_b rootᵀ has the eigenvalues of S_a^½ S_b S_a^½.
  let system = try SymmetricEigensystem(of: a.covariance, size: size)
  var root = system.vectors
  for row in 0..<size {
    let scale = max(0, system.values[row]).squareRoot()
    for column in 0..<size { root[row * size + column] *= scale }
  }
  let product = multiplyTransposed(
    multiplyTransposed(root, b.covariance, size: size), root, size: size)
  let crossTrace = try SymmetricEigensystem(of: product, size: size).values
    .reduce(0) { $0 + max(0, $1).squareRoot() }
  let meanTerm = zip(a.mean, b.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  let traces = (0..<size).reduce(0) {
    $0 + a.covariance[$1 * size + $1] + b.covariance[$1 * size + $1]
  }
  return meanTerm + traces - 2 * crossTrace
}

/// Returns `a bᵀ` for square matrices in row-major order.
private func multiplyTransposed(_ a: [Double], _ b: [Double], size: Int) -> [Double] {
  [Double](unsafeUninitializedCapacity: size * size) { product, count in
    for row in 0..<size {
      for column in 0..<size {
        product[row * size + column] = dot(a, row * size, b, column * size, count: size)
      }
    }
    count = size * size
  }
}

/// Returns the inner product of two runs of `count` values, in eight partial sums.
private func dot(_ a: [Double], _ aStart: Int, _ b: [Double], _ bStart: Int, count: Int) -> Double {
  var sums = SIMD8<Double>.zero
  var index = 0
  while index + 8 <= count {
    var x = SIMD8<Double>.zero
    var y = SIMD8<Double>.zero
    for lane in 0..<8 {
      x[lane] = a[aStart + index + lane]
      y[lane] = b[bStart + index + lane]
    }
    sums += x * y
    index += 8
  }
  var sum = sums.sum()
  while index < count {
    sum += a[aStart + index] * b[bStart + index]
    index += 1
  }
  return sum
}
