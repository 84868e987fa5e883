/// The sum of some profiles that is nearest to another, by least squares (Karras et al., 2024,
/// appendix C).
public struct ProfileFit: Equatable, Sendable {
  /// A factor for each profile; their sum is 1.
  public let coefficients: [Double]
  /// The distance from the wanted profile, relative to its norm; below about 1e-8 it is rounding.
  public let relativeError: Double

  /// Added to the squares of all profiles, which are scaled to the norm 1.
  ///
  /// It keeps the coefficients small where profiles are nearly the same, for a relative error of at
  /// most about its root.
  private static let ridge = 1e-12

  /// Fits a profile.
  ///
  /// - Parameters:
  ///   - wanted: The profile to reproduce.
  ///   - profiles: The profiles that there are, at least one.
  public init(of wanted: PowerProfile, by profiles: [PowerProfile]) {
    precondition(!profiles.isEmpty, "no profiles to fit \(wanted) by")
    let scales = profiles.map { 1 / $0.innerProduct(with: $0).squareRoot() }
    let products = SymmetricMatrix(profiles.count) { row, column in
      scales[row] * scales[column] * profiles[row].innerProduct(with: profiles[column])
    }
    let target = zip(profiles, scales).map { $0.innerProduct(with: wanted) * $1 }
    let scaled = products.solve(target, ridge: Self.ridge)
    let sum = zip(scaled, scales).reduce(0) { $0 + $1.0 * $1.1 }
    // An average of equal parameters must be these parameters.
    coefficients = zip(scaled, scales).map { $0 * $1 / sum }
    let norm = wanted.innerProduct(with: wanted)
    let fitted = scaled.map { $0 / sum }
    let distance = zip(products.multiplied(by: fitted), zip(fitted, target)).reduce(norm) {
      $0 + $1.1.0 * ($1.0 - 2 * $1.1.1)
    }
    relativeError = (max(0, distance) / norm).squareRoot()
  }
}
