import MixFlowTensor

/// What a model makes of states while it is trained by REPA's loss.
public struct ProjectedPrediction {
  /// The prediction, `[B, C, H, W]`.
  public let prediction: Variable
  /// The projections for each encoder `[B, T, features]`, to be aligned with its features.
  public let projections: [Variable]

  /// Creates a prediction with projections.
  public init(prediction: Variable, projections: [Variable]) {
    self.prediction = prediction
    self.projections = projections
  }
}
