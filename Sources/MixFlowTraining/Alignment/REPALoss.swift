import MixFlowTensor
import MixFlowTransport

/// The loss of REPA: the flow's regression, and the alignment of the network's inner tokens with an
/// encoder's features of the clean image (Yu et al., 2025; REPA `loss.py`).
public struct REPALoss: Sendable {
  /// The weight of the alignment, `proj_coeff`.
  public let coefficient: Float

  /// The terms of a batch's loss, sample by sample; the batch's loss is their mean.
  public struct Terms {
    /// The flow's regression, `[B]`.
    public let denoising: Variable
    /// The alignment, the mean over the encoders times the coefficient, `[B]`.
    public let alignment: Variable
    /// The sum of both, `[B]`, to train on.
    public var total: Variable { denoising + alignment }
  }

  /// Makes a loss; upstream's coefficient is 0.5.
  public init(coefficient: Float = 0.5) {
    self.coefficient = coefficient
  }

  /// Measures a prediction and its projections.
  ///
  /// - Parameters:
  ///   - prediction: The network's answer to the input of `example`.
  ///   - projections: The projections for each encoder, `[B, T, features]`.
  ///   - example: What it should have answered, in the network's own time convention.
  ///   - features: The features that each encoder has for the data, `[B, T, features]`.
  /// - Returns: The terms of the loss.
  public func callAsFunction(
    prediction: Variable, projections: [Variable], example: TrainingExample<Tensor>,
    features: [Tensor]
  ) -> Terms {
    let denoising = meanSquaredError(
      prediction, target: example.target, weights: example.weight.map(Float.init))
    return Terms(
      denoising: denoising,
      alignment: alignment(of: projections, with: features)
        ?? Variable(constant: Tensor(zeros: denoising.shape)))
  }

  /// Measures projections alone.
  ///
  /// - Parameters:
  ///   - projections: The projections for each encoder, `[B, T, features]`.
  ///   - features: The features that each encoder has for the data, `[B, T, features]`.
  /// - Returns: The mean over the encoders times the coefficient, `[B]`; nil without any.
  public func alignment(of projections: [Variable], with features: [Tensor]) -> Variable? {
    precondition(
      projections.count == features.count,
      "\(projections.count) projections, features of \(features.count) encoders")
    let share = coefficient / Float(max(features.count, 1))
    let terms = zip(projections, features).map {
      alignmentLoss($0, target: $1, weights: Array(repeating: share, count: $1.shape[0]))
    }
    return terms.first.map { terms.dropFirst().reduce($0, +) }
  }
}
