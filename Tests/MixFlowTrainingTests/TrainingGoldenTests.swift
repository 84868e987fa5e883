import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// Whole training computations with the official network, against the official loss functions.
@Suite struct TrainingGoldenTests {
  @Test func fiveStepsMatch() throws {
    let file = try Fixtures.file("optim/mini_train")
    let model = try Fixtures.sit(try modelName(file.metadata))
    var options = AdamW.Options()
    options.emaDecay = try #require(Double(file.metadata["ema_decay"] ?? ""))
    let rate = try #require(Double(file.metadata["lr"] ?? ""))
    let optimizer = AdamW(model.parameters, options: options)
    let (x0, x1) = (try file.tensor("x0"), try file.tensor("x1"))
    let (times, labels) = (try file.tensor("t"), try file.integers("y"))
    let (steps, size) = (x0.shape[0], x0.shape[1])
    for step in 0..<steps {
      let t = times.array[step * size..<(step + 1) * size].map(Double.init)
      let shape = Array(x0.shape.dropFirst())
      let example = Objective().example(
        x0: x0.samples(step..<step + 1).reshaped(shape),
        x1: x1.samples(step..<step + 1).reshaped(shape), t: t, m: t)
      let loss = train(model, example, labels: Array(labels[step * size..<(step + 1) * size]))
      expectClose(
        loss, try file.tensor("loss").array[step], relativeToMax: step == 0 ? 1e-4 : 1e-3,
        "loss \(step)")
      expectClose(
        gradientNorm(optimizer.parameters), try file.tensor("grad_norm").array[step],
        relativeToMax: 1e-3, "gradient norm \(step)")
      optimizer.update(learningRate: rate)
    }
    let averages = Dictionary(
      uniqueKeysWithValues: zip(optimizer.parameters.map(\.name), optimizer.states.map(\.average)))
    for parameter in model.parameters {
      let name = parameter.name
      guard file.contains("after.\(name)") else { continue }
      expectClose(
        parameter.value, try file.tensor("after.\(name)"), absolute: 2e-4, "after.\(name)")
      expectClose(
        averages[name] ?? parameter.value, try file.tensor("ema.\(name)"), absolute: 2e-4,
        "ema.\(name)")
    }
  }

  @Test func lossesMatch() throws {
    let file = try Fixtures.file("transport/sit_training_losses")
    let model = try Fixtures.sit(try modelName(file.metadata))
    let keys = file.names.filter { $0.hasPrefix("loss.") }
    #expect(!keys.isEmpty)
    let t = try file.tensor("t").array.map(Double.init)
    for key in keys {
      let parts = key.split(separator: ".").map(String.init)
      let objective = Objective(
        path: try PathKind(parsing: parts[1]).path, prediction: try Prediction(parsing: parts[2]),
        lossWeight: try LossWeight(parsing: parts[3]))
      let example = objective.example(
        x0: try file.tensor("x0"), x1: try file.tensor("x1"), t: t, m: t)
      let prediction = output(model, example, labels: try file.integers("y"))
      expectClose(
        prediction.value, try file.tensor("pred.\(parts[1])"), relativeToMax: 1e-4,
        "pred.\(parts[1])")
      let expected = try file.tensor(key)
      expectElementsClose(losses(prediction, example), expected, relative: 1e-4, key)
    }
  }

  @Test func noiseGradientsMatch() throws {
    let file = try Fixtures.file("transport/sit_training_losses")
    let gradients = try Fixtures.file("transport/sit_loss_grads")
    let model = try Fixtures.sit(try modelName(gradients.metadata))
    let setting = try #require(gradients.metadata["setting"]).split(separator: " ").map(String.init)
    let objective = Objective(
      path: try PathKind(parsing: setting[0]).path, prediction: try Prediction(parsing: setting[1]),
      lossWeight: try LossWeight(parsing: setting[2].trimmingComma))
    let t = try file.tensor("t").array.map(Double.init)
    let example = objective.example(
      x0: try file.tensor("x0"), x1: try file.tensor("x1"), t: t, m: t)
    let loss = train(model, example, labels: try file.integers("y"))
    expectClose(loss, try gradients.tensor("loss").item, relativeToMax: 1e-4, "loss")
    try expectGradients(of: model, gradients.names.filter { $0 != "loss" }) {
      try gradients.tensor($0)
    }
  }

  @Test func mixFlowMatches() throws {
    let file = try Fixtures.file("mixflow/sit")
    let model = try Fixtures.sit(try modelName(file.metadata))
    let (u, v) = (try file.tensor("u").array, try file.tensor("u2").array)
    let settings = file.names.filter { $0.hasSuffix(".loss") }.map { $0.dropLast(5) }
    #expect(!settings.isEmpty)
    for setting in settings.map(String.init) {
      let example = try mixFlow(setting, u, v, file.tensor("x0"), file.tensor("x1"))
      expectClose(
        example.t, try file.tensor("\(setting).t").array, absolute: 1e-6, "\(setting).t")
      let prediction = output(model, example, labels: try file.integers("y"))
      expectElementsClose(
        losses(prediction, example), try file.tensor("\(setting).loss"), relative: 1e-4, setting)
      guard file.contains("\(setting).xt") else { continue }
      for (name, tensor) in [
        ("xt", example.input), ("ut", example.target), ("pred", prediction.value),
      ] {
        expectClose(
          tensor, try file.tensor("\(setting).\(name)"), relativeToMax: 1e-4, "\(setting).\(name)")
      }
    }
  }

  @Test func mixFlowGradientsMatch() throws {
    let file = try Fixtures.file("mixflow/sit")
    let gradients = try Fixtures.file("mixflow/sit_grads")
    let model = try Fixtures.sit(try modelName(file.metadata))
    // "Linear gamma 0.4 shift 1, loss.mean()"
    let words = try #require(gradients.metadata["setting"]).split(separator: " ")
    let example = try mixFlow(
      "\(words[0]).g\(words[2])", file.tensor("u").array, file.tensor("u2").array,
      file.tensor("x0"), file.tensor("x1"))
    _ = train(model, example, labels: try file.integers("y"))
    try expectGradients(of: model, gradients.names) { try gradients.tensor($0) }
  }

  private func mixFlow(
    _ setting: String, _ u: [Float], _ v: [Float], _ x0: Tensor, _ x1: Tensor
  ) throws -> TrainingExample<Tensor> {
    let dot = try #require(setting.firstIndex(of: "."))
    let kind = try PathKind(parsing: String(setting[..<dot]))
    let gamma = try #require(Double(setting[dot...].dropFirst(2)))
    // The fixture scales u by the end of the interval, where a truncated Beta(2, 1) scales its root.
    let end = try TimeIntervals(path: kind, prediction: .velocity).training.upperBound
    let sampler = try MixFlowTimestepSampler(gamma: gamma, interval: 0...end.squareRoot())
    let pairs = zip(u, v).map { sampler.timesteps(u: Double($0), v: Double($1)) }
    return Objective(path: kind.path).example(
      x0: x0, x1: x1, t: pairs.map(\.t), m: pairs.map(\.m))
  }
}

extension String {
  fileprivate var trimmingComma: String { hasSuffix(",") ? String(dropLast()) : self }
}

private func modelName(_ metadata: [String: String]) throws -> String {
  let name = try #require(metadata["model"])
  return String(name.dropLast(".safetensors".count))
}

private func output(
  _ model: SiT, _ example: TrainingExample<Tensor>, labels: [Int], on tape: Tape? = nil
) -> Variable {
  model(
    Variable(constant: example.input), t: example.t.map(Float.init), labels: labels, on: tape)
}

private func losses(_ prediction: Variable, _ example: TrainingExample<Tensor>) -> [Float] {
  meanSquaredError(
    prediction, target: example.target, weights: example.weight.map(Float.init)
  ).value.array
}

/// Leaves the gradients of the mean loss in the parameters and returns that loss.
private func train(_ model: SiT, _ example: TrainingExample<Tensor>, labels: [Int]) -> Float {
  let tape = Tape()
  let prediction = output(model, example, labels: labels, on: tape)
  let losses = meanSquaredError(
    prediction, target: example.target, weights: example.weight.map(Float.init))
  tape.backward(
    from: losses, gradient: Tensor(repeating: 1 / Float(losses.value.count), shape: losses.shape))
  return losses.value.array.reduce(0, +) / Float(losses.value.count)
}

private func expectGradients(
  of model: SiT, _ names: [String], _ expected: (String) throws -> Tensor
) throws {
  #expect(!names.isEmpty)
  let parameters = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0) })
  for name in names {
    let gradient = try #require(parameters[name]?.gradient, "\(name)")
    #expect(relativeL2(gradient, try expected(name)) < 1e-3, "\(name)")
  }
}

private func expectElementsClose(
  _ actual: [Float], _ expected: Tensor, relative: Double, _ label: String
) {
  for (index, (a, e)) in zip(actual, expected.array).enumerated() {
    expectClose(a, e, relativeToMax: relative, "\(label)[\(index)]")
  }
}
