import MixFlowCheckpoint
import MixFlowTensor

/// The state of AdamW as `torch.optim.AdamW.state_dict()` lays it out.
struct TorchOptimizerState {
  private let training: TrainingSection
  private let step: Int
  private let rate: Double
  private let initialRate: Double?

  /// Takes the numbers of a run.
  ///
  /// - Parameters:
  ///   - training: The options of the optimizer.
  ///   - step: The updates made.
  ///   - rate: The learning rate of the next one.
  ///   - initialRate: The rate that a scheduler of PyTorch multiplies, where there is one.
  init(_ training: TrainingSection, step: Int, rate: Double, initialRate: Double?) {
    self.training = training
    self.step = step
    self.rate = rate
    self.initialRate = initialRate
  }

  /// The state of parameters, numbered in their order; those that are not trained have a number, too.
  ///
  /// - Parameters:
  ///   - parameters: All parameters of the model, in the order of the official module.
  ///   - moment: Returns a moment by its prefix in our checkpoints.
  /// - Returns: `state` and `param_groups`.
  /// - Throws: What `moment` throws.
  func item(
    of parameters: [Parameter], moment: (String, Parameter) throws -> Tensor
  ) throws -> TorchItem {
    // PyTorch makes a state at the first update.
    let trained = step > 0 ? parameters.enumerated().filter(\.element.isTrainable) : []
    let states = try trained.map { index, parameter in
      (
        key: TorchItem.int(index),
        value: TorchItem.dictionary([
          (key: "step", value: .tensor(.float32(Tensor(Float(step))))),
          (
            key: "exp_avg",
            value: .tensor(.float32(try moment(StateDict.Prefix.first, parameter)))
          ),
          (
            key: "exp_avg_sq",
            value: .tensor(.float32(try moment(StateDict.Prefix.second, parameter)))
          ),
        ])
      )
    }
    return .dictionary([
      (key: "state", value: .dictionary(states)),
      (key: "param_groups", value: .list([.dictionary(group(of: parameters.count))])),
    ])
  }

  private func group(of count: Int) -> [(key: String, value: TorchItem)] {
    [
      ("lr", .float(rate)), ("betas", .tuple(training.betas.map(TorchItem.float))),
      ("eps", .float(training.eps)), ("weight_decay", .float(training.weightDecay)),
      ("amsgrad", .bool(false)), ("maximize", .bool(false)), ("foreach", .none),
      ("capturable", .bool(false)), ("differentiable", .bool(false)), ("fused", .none),
      ("decoupled_weight_decay", .bool(true)),
    ] + (initialRate.map { [("initial_lr", .float($0))] } ?? [])
      + [("params", .list((0..<count).map(TorchItem.int)))]
  }

  /// The state of the `LambdaLR` that RAE steps after each update.
  var scheduler: TorchItem {
    .dictionary([
      (key: "base_lrs", value: .list([.float(initialRate ?? rate)])),
      (key: "last_epoch", value: .int(step)), (key: "_step_count", value: .int(step + 1)),
      (key: "_is_initial", value: .bool(false)),
      (key: "_get_lr_called_within_step", value: .bool(false)),
      (key: "_last_lr", value: .list([.float(rate)])),
      (key: "lr_lambdas", value: .list([.none])),
    ])
  }
}
