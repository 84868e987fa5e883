import MixFlowModels
import MixFlowTensor
import MixFlowTransport

/// A model whose code has the data at time 0 and the noise at time 1, seen as one of this library,
/// where time runs from the noise to the data.
///
/// This is the one place where REPA's and RAE's networks are turned round: their time is `1 − t`, and
/// their velocity, a derivative by it, has the other sign.
public struct ReversedTime: ClassConditionalModel {
  /// The model in its own time.
  public let original: any ClassConditionalModel
  private let turnsSign: Bool

  /// Wraps a model.
  ///
  /// - Parameters:
  ///   - original: The model.
  ///   - prediction: What it predicts: noise and score have the same sign in both directions.
  public init(_ original: any ClassConditionalModel, prediction: Prediction) {
    self.original = original
    turnsSign = prediction == .velocity
  }

  public var parameters: [Parameter] { original.parameters }
  public var stateDictEntries: [StateDictEntry] { original.stateDictEntries }
  public var sampleShape: [Int] { original.sampleShape }
  public var classCount: Int { original.classCount }
  public var nullClass: Int? { original.nullClass }
  public var conditioningWidth: Int { original.conditioningWidth }

  public func callAsFunction(
    _ x: Variable, t: [Float], labels: [Int], on tape: Tape?
  ) -> Variable {
    turned(original(x, t: t.map { 1 - $0 }, labels: labels, on: tape))
  }

  public func predictionWithProjections(
    _ x: Variable, t: [Float], labels: [Int], on tape: Tape?
  ) -> ProjectedPrediction {
    let output = original.predictionWithProjections(
      x, t: t.map { 1 - $0 }, labels: labels, on: tape)
    return ProjectedPrediction(
      prediction: turned(output.prediction), projections: output.projections)
  }

  private func turned(_ output: Variable) -> Variable {
    turnsSign ? output.derive(-1 * output.value) { -1 * $0 } : output
  }

  public func conditioning(t: [Float], labels: [Int]) -> PreparedConditioning {
    original.conditioning(t: t.map { 1 - $0 }, labels: labels)
  }

  public func callAsFunction(_ x: Tensor, _ conditioning: PreparedConditioning) -> Tensor {
    let output = original(x, conditioning)
    return turnsSign ? -1 * output : output
  }
}

extension RunConfiguration {
  /// Turns a model of ``model`` round where its code has the data at time 0.
  ///
  /// - Parameter original: The model in its own time.
  /// - Returns: The model in this library's time.
  /// - Throws: ``ConfigurationError`` for a prediction that is none.
  func inForwardTime(
    _ original: any ClassConditionalModel
  ) throws -> any ClassConditionalModel {
    guard try model.kind().hasDataAtZero else { return original }
    return ReversedTime(original, prediction: try transport.intervals().prediction)
  }
}
