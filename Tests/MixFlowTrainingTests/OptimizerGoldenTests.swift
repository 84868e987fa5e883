import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// AdamW, clipping, EMA and schedules against PyTorch and the official training code.
@Suite struct OptimizerGoldenTests {
  private struct Setting: Decodable {
    let lr: Double
    let betas: [Double]
    let weightDecay: Double
    let eps: Double
    let clip: Double?
    let ema: Double

    enum CodingKeys: String, CodingKey {
      case lr, betas
      case weightDecay = "weight_decay"
      case eps, clip, ema
    }
  }

  @Test func adamWMatches() throws {
    let file = try Fixtures.file("optim/adamw")
    let settings = try file.metadata("configs", as: [String: Setting].self)
    #expect(!settings.isEmpty)
    for (name, setting) in settings {
      let indices = (0...).prefix { file.contains("p0.\($0)") }
      let parameters = try indices.map {
        Parameter(name: "p\($0)", value: try file.tensor("p0.\($0)"))
      }
      let optimizer = AdamW(parameters, options: options(setting))
      for step in (0...).prefix(while: { file.contains("grad.\($0).0") }) {
        for (index, parameter) in parameters.enumerated() {
          parameter.gradient = try file.tensor("grad.\(step).\(index)")
        }
        let norm = gradientNorm(parameters)
        if setting.clip != nil {
          expectClose(norm, try file.tensor("\(name).norm.\(step)").item, relativeToMax: 1e-5)
        }
        let factor = clippingFactor(norm: norm, limit: setting.clip)
        for index in indices {
          expectClose(
            Float(factor) * (try file.tensor("grad.\(step).\(index)")),
            try file.tensor("\(name).clipped.\(step).\(index)"), relativeToMax: 1e-5,
            absolute: 1e-7, "\(name).clipped.\(step).\(index)")
        }
        optimizer.update(learningRate: setting.lr, gradientScale: factor)
        for index in indices {
          expectClose(
            parameters[index].value, try file.tensor("\(name).p.\(step).\(index)"),
            relativeToMax: 1e-5, absolute: 1e-7, "\(name).p.\(step).\(index)")
          expectClose(
            optimizer.states[index].average, try file.tensor("\(name).ema.\(step).\(index)"),
            relativeToMax: 1e-5, absolute: 1e-7, "\(name).ema.\(step).\(index)")
        }
      }
      for index in indices {
        expectClose(
          optimizer.states[index].first, try file.tensor("\(name).exp_avg.\(index)"),
          relativeToMax: 1e-5, absolute: 1e-7, "\(name).exp_avg.\(index)")
        expectClose(
          optimizer.states[index].second, try file.tensor("\(name).exp_avg_sq.\(index)"),
          relativeToMax: 1e-5, absolute: 1e-7, "\(name).exp_avg_sq.\(index)")
      }
    }
  }

  private func options(_ setting: Setting) -> AdamW.Options {
    var options = AdamW.Options()
    options.beta1 = setting.betas[0]
    options.beta2 = setting.betas[1]
    options.eps = setting.eps
    options.weightDecay = setting.weightDecay
    options.emaDecay = setting.ema
    return options
  }
}
