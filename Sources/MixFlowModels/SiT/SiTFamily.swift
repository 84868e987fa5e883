import MixFlowTensor

/// A model whose predictions come from a ``SiTNetwork``: SiT, DiT and REPA's SiT.
public protocol SiTFamily: ClassConditionalModel {
  /// The network.
  var network: SiTNetwork { get }
}

extension SiTFamily {
  /// The shape of one sample, `[C, H, W]`.
  public var sampleShape: [Int] { network.configuration.sampleShape }
  /// The number of classes, the null class not counted.
  public var classCount: Int { network.configuration.classCount }
  /// The label that stands for no class, or nil when the model has none.
  public var nullClass: Int? { network.configuration.nullClass }
  /// The numbers that a pair of a time and a class is prepared to.
  public var conditioningWidth: Int { network.conditioningWidth }

  /// Predicts.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - t: Times `[B]`, in the model's own convention.
  ///   - labels: Classes `[B]`; ``SiTConfiguration/nullClass`` for none.
  ///   - tape: Where to record the computation, or nil to infer.
  /// - Returns: `[B, C, H, W]`, from a ``DiT`` `[B, 2 C, H, W]`.
  public func callAsFunction(
    _ x: Variable, t: [Float], labels: [Int], on tape: Tape? = nil
  ) -> Variable {
    network(x, t: t, labels: labels, on: tape)
  }

  /// Prepares pairs of a time and a class for ``callAsFunction(_:_:)``.
  ///
  /// - Parameters:
  ///   - t: A time for each pair.
  ///   - labels: A class for each pair; ``SiTConfiguration/nullClass`` for none.
  /// - Returns: The modulations of all layers.
  public func conditioning(t: [Float], labels: [Int]) -> PreparedConditioning {
    network.conditioning(t: t, labels: labels)
  }

  /// Predicts for times and classes that were prepared, in the bits of
  /// ``callAsFunction(_:t:labels:on:)``.
  ///
  /// - Parameters:
  ///   - x: States `[B, C, H, W]`.
  ///   - conditioning: The conditioning of `B` samples or of a multiple of `B`; the states are taken
  ///     in turn, so that guidance need not double them.
  /// - Returns: The output of each sample of the conditioning.
  public func callAsFunction(_ x: Tensor, _ conditioning: PreparedConditioning) -> Tensor {
    network(x, conditioning)
  }
}
