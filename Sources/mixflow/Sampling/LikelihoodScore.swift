import Foundation
import MixFlowTraining

/// The mean likelihood of samples.
struct LikelihoodScore: Encodable {
  /// What was measured, `images` or `latents`.
  let of: String
  let count: Int
  let logDensity: Double
  /// Of images a bound of the bits of an 8-bit value, of latents the bits of the density of a number.
  let bitsPerDimension: Double
  /// The standard error of the bits, from the spread over the samples; nil for one sample.
  let standardError: Double?

  init(_ logDensities: [Double], of samples: any DataSource) {
    of = Self.noun(of: samples)
    count = logDensities.count
    logDensity = logDensities.reduce(0, +) / Double(count)
    let width = samples.latentOrigin == nil ? -log2(Double(FlowLikelihood.byteWidth)) : 0
    let nats = Double(samples.sampleCount) * log(2)
    bitsPerDimension = width - logDensity / nats
    let mean = logDensity
    let squares = logDensities.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardError =
      count > 1 ? (squares / Double(count - 1) / Double(count)).squareRoot() / nats : nil
  }

  /// What samples are called.
  static func noun(of samples: any DataSource) -> String {
    samples.latentOrigin == nil ? "images" : "latents"
  }

  private var error: String { standardError.map { " ± " + $0.formatted("%.4f") } ?? "" }

  var line: String {
    """
    log-density \(logDensity.formatted("%.3f")) nats, \(bitsPerDimension.formatted("%.4f"))\(error) \
    bits per \(of == "images" ? "value" : "dimension") (\(count) \(of))
    """
  }
}
