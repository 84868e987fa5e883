import Foundation
import MixFlowTraining

/// The mean likelihood of samples.
struct LikelihoodScore: Encodable {
  /// What was measured, `images` or `latents`.
  let of: String
  let count: Int
  let logDensity: Double
  /// Of images the bits of an 8-bit value, of latents those of the density of a number.
  let bitsPerDimension: Double

  init(_ logDensities: [Double], of samples: any DataSource) {
    of = Self.noun(of: samples)
    count = logDensities.count
    logDensity = logDensities.reduce(0, +) / Double(count)
    // One of 256 values is 2/256 wide.
    let width = samples.latentOrigin == nil ? 7.0 : 0
    bitsPerDimension = width - logDensity / Double(samples.sampleCount) / log(2)
  }

  /// What samples are called.
  static func noun(of samples: any DataSource) -> String {
    samples.latentOrigin == nil ? "images" : "latents"
  }

  var line: String {
    """
    log-density \(logDensity.formatted("%.3f")) nats, \(bitsPerDimension.formatted("%.4f")) bits per \
    \(of == "images" ? "value" : "dimension") (\(count) \(of))
    """
  }
}
