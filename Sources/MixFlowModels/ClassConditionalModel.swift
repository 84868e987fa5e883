import MixFlowTensor

/// A network that maps a state, a time and a class to a prediction of the state's shape.
public protocol ClassConditionalModel {
  /// All parameters, in the order of the official state dict.
  var parameters: [Parameter] { get }
  /// All parameters and buffers, in the order of the official state dict: what its files hold.
  var stateDictEntries: [StateDictEntry] { get }
  /// The shape of one sample, `[C, H, W]`.
  var sampleShape: [Int] { get }
  /// The number of classes, the null class not counted.
  var classCount: Int { get }
  /// The label that stands for no class, or nil when the model has none.
  var nullClass: Int? { get }

  /// Predicts.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - t: Times `[B]`, in the model's own convention.
  ///   - labels: Classes `[B]`, each below ``classCount`` or the ``nullClass``.
  ///   - tape: Where to record the computation, or nil to infer.
  /// - Returns: `[B, C, H, W]`; a ``DiT`` that learns the variance has `2 C` channels.
  func callAsFunction(_ x: Variable, t: [Float], labels: [Int], on tape: Tape?) -> Variable

  /// Predicts and projects inner tokens, for alignment with encoders in training.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - t: Times `[B]`, in the model's own convention.
  ///   - labels: Classes `[B]`, each below ``classCount`` or the ``nullClass``.
  ///   - tape: Where to record the computation, or nil to infer.
  /// - Returns: The prediction, and a projection for each encoder; none of most models.
  func predictionWithProjections(
    _ x: Variable, t: [Float], labels: [Int], on tape: Tape?
  ) -> ProjectedPrediction

  /// The numbers that a pair of a time and a class is prepared to.
  var conditioningWidth: Int { get }

  /// Prepares pairs of a time and a class, each in the same bits whatever the others are.
  ///
  /// - Parameters:
  ///   - t: A time for each pair, in the model's own convention.
  ///   - labels: A class for each pair.
  /// - Returns: What ``callAsFunction(_:_:)`` takes.
  func conditioning(t: [Float], labels: [Int]) -> PreparedConditioning

  /// Predicts for prepared times and classes, in the bits of ``callAsFunction(_:t:labels:on:)``.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - conditioning: The conditioning of `B` samples or of a multiple of `B`, for which the states
  ///     are taken in turn.
  /// - Returns: `[conditioning.sampleCount, C, H, W]`.
  func callAsFunction(_ x: Tensor, _ conditioning: PreparedConditioning) -> Tensor
}
extension ClassConditionalModel {
  /// The parameters alone, as models without buffers have them.
  public var stateDictEntries: [StateDictEntry] { parameters.map(StateDictEntry.parameter) }

  /// The prediction alone, as models without projectors have it.
  public func predictionWithProjections(
    _ x: Variable, t: [Float], labels: [Int], on tape: Tape?
  ) -> ProjectedPrediction {
    ProjectedPrediction(prediction: self(x, t: t, labels: labels, on: tape), projections: [])
  }
}
