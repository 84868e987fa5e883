import Foundation
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import MixFlowTransport
import Testing

/// The samplers with the official network, against the official samplers.
@Suite struct SamplingGoldenTests {
  /// `Linear.velocity.heun25.cfg1.5`: the method's name and its number of grid points run together.
  struct Request {
    let path: PathKind
    let prediction: Prediction
    var solver = SolverKind.euler
    var points = 0
    var tolerance = ErrorTolerance()
    var scale = 1.0
    var isReversed = false

    init?(_ key: String) throws {
      let parts = key.split(separator: ".", maxSplits: 2).map(String.init)
      guard parts.count == 3, let path = try? PathKind(parsing: parts[0]) else { return nil }
      self.path = path
      prediction = try Prediction(parsing: parts[1])
      var rest = parts[2]
      if let range = rest.range(of: ".cfg") {
        scale = try #require(Double(rest[range.upperBound...]))
        rest = String(rest[..<range.lowerBound])
      }
      if let range = rest.range(of: ".atol") {
        let numbers = rest[range.upperBound...].split(separator: ".rtol")
        tolerance = ErrorTolerance(
          absolute: try #require(Double(numbers[0])), relative: try #require(Double(numbers[1])))
        rest =
          rest[..<range.lowerBound].split(separator: "_").map(String.init)[0]
          + String(rest[..<range.lowerBound].split(separator: "_")[1])
      }
      if rest.hasSuffix(".reverse") {
        isReversed = true
        rest = String(rest.dropLast(8))
      }
      guard !rest.contains(".") else { return nil }
      for name in ["dopri5", "heun2", "heun3", "midpoint", "rk4", "euler"]
      where rest.hasPrefix(name) {
        solver = try SolverKind(parsing: name)
        points = try #require(Int(rest.dropFirst(name.count)))
        return
      }
      return nil
    }
  }

  @Test func odeMatches() throws {
    let file = try Fixtures.file("transport/sit_ode")
    let model = try Fixtures.sit(modelName(file))
    let (z, labels) = (try file.tensor("z"), try file.integers("y"))
    var count = 0
    for key in file.names {
      guard let request = try Request(key), !request.isReversed else { continue }
      count += 1
      let isPaired = request.solver.isAdaptive && request.scale != 1
      let network = try GuidedNetwork(
        model, labels: labels, guidance: ClassifierFreeGuidance(scale: request.scale),
        guidedChannels: 3, state: isPaired ? .paired : .single)
      let sampler = try FlowSampler(
        intervals: TimeIntervals(path: request.path, prediction: request.prediction),
        method: .ode(request.solver, points: request.points, tolerance: request.tolerance))
      var result = try sampler.sample(
        from: isPaired ? .concatenation([z, z]) : z, network: network.callAsFunction,
        stochasticNoise: { x, _ in x })
      if isPaired { result = result.samples(0..<labels.count) }
      expectClose(
        result, try file.tensor(key), relativeToMax: request.solver.isAdaptive ? 1e-3 : 5e-5, key)
    }
    #expect(count > 0)
  }

  @Test func reversedODEMatches() throws {
    let file = try Fixtures.file("transport/sit_ode")
    let model = try Fixtures.sit(modelName(file))
    let keys = file.names.filter { $0.hasSuffix(".reverse") }
    #expect(!keys.isEmpty)
    for key in keys {
      let request = try #require(try Request(key))
      let network = try GuidedNetwork(model, labels: try file.integers("y"))
      let result = try request.solver.solver().solve(
        from: try file.tensor("z"), over: TimeGrid(points: request.points).reversed,
        along: network.callAsFunction)
      expectClose(result, try file.tensor(key), relativeToMax: 5e-5, key)
    }
  }

  @Test func evaluationTimesMatch() throws {
    let file = try Fixtures.file("transport/sit_ode")
    let model = try Fixtures.sit(modelName(file))
    let keys = file.names.filter { $0.hasSuffix(".evals_t") }
    #expect(!keys.isEmpty)
    for key in keys {
      let request = try #require(try Request(String(key.dropLast(8))))
      let network = try GuidedNetwork(model, labels: try file.integers("y"))
      var times: [Float] = []
      _ = try request.solver.solver(tolerance: request.tolerance).solve(
        from: try file.tensor("z"), over: TimeGrid(points: request.points)
      ) { x, t in
        times.append(Float(t))
        return network(x, t)
      }
      expectClose(
        times, try file.tensor(key).array, absolute: request.solver.isAdaptive ? 1e-4 : 1e-6, key)
    }
  }

  @Test func denseOutputMatches() throws {
    let file = try Fixtures.file("transport/sit_ode")
    let model = try Fixtures.sit(modelName(file))
    let key = try #require(file.names.first { $0.hasSuffix(".traj_ch0_s0") })
    let request = try #require(try Request(String(key.dropLast(12))))
    let network = try GuidedNetwork(model, labels: try file.integers("y"))
    let states = try request.solver.solver().trajectory(
      from: try file.tensor("z"), over: TimeGrid(points: request.points),
      along: network.callAsFunction)
    let expected = try file.tensor(key)
    let plane = expected.shape.dropFirst().reduce(1, *)
    expectClose(
      states.flatMap { $0.array.prefix(plane) }, expected.array, relativeToMax: 1e-3, key)
  }

  @Test func likelihoodMatches() throws {
    let file = try Fixtures.file("transport/sit_ode")
    let model = try Fixtures.sit(modelName(file))
    let (z, labels) = (try file.tensor("z"), try file.integers("y"))
    let noise = try file.tensor("likelihood.euler5.eps")
    let likelihood = try FlowLikelihood(
      model: model, intervals: TimeIntervals(path: .linear, prediction: .velocity), solver: .euler,
      points: noise.shape[0] + 1)
    let result = try likelihood(of: z, labels: labels) { evaluation in
      noise.samples(evaluation..<evaluation + 1).reshaped(z.shape)
    }
    expectClose(
      result.noise, try file.tensor("likelihood.euler5.z"), relativeToMax: 5e-5, "position")
    expectClose(
      result.logDensity, try file.tensor("likelihood.euler5.logp").array, relativeToMax: 5e-5,
      "logp")
    #expect(model.parameters.allSatisfy { $0.gradient == nil })
  }

  @Test func sdeMatches() throws {
    let file = try Fixtures.file("transport/sit_sde")
    let model = try Fixtures.sit(modelName(file))
    let points = try #require(Int(file.metadata["num_steps"] ?? ""))
    let network = try GuidedNetwork(model, labels: try file.integers("y"))
    let noise = try file.tensor("noise")
    let shape = Array(noise.shape.dropFirst())
    var count = 0
    for key in file.names {
      let parts = key.split(separator: ".", maxSplits: 4).map(String.init)
      guard parts.count >= 4, let path = try? PathKind(parsing: parts[0]) else { continue }
      count += 1
      var (norm, size, last) = (1.0, 0.04, parts[4])
      if let range = last.range(of: ".n") {
        let numbers = last[range.upperBound...].split(separator: ".h")
        norm = try #require(Double(numbers[0]))
        size = try #require(Double(numbers[1]))
        last = String(last[..<range.lowerBound])
      }
      let isFirst = last == "first_step"
      let sampler = try FlowSampler(
        intervals: TimeIntervals(path: path, prediction: Prediction(parsing: parts[1])),
        method: .sde(
          SDEMethod(parsing: parts[2]), points: points,
          Diffusion(DiffusionForm(parsing: parts[3]), norm: norm),
          isFirst ? .mean : LastStep(parsing: last), lastStepSize: size))
      var first: Tensor?
      let result = try sampler.sample(
        from: try file.tensor("z"), network: network.callAsFunction,
        stochasticNoise: { _, step in noise.samples(step..<step + 1).reshaped(shape) },
        observer: { first = first ?? $0.state })
      expectClose(
        isFirst ? try #require(first) : result, try file.tensor(key), relativeToMax: 5e-5, key)
    }
    #expect(count > 0)
  }

  @Test(arguments: try Fixtures.folders(matching: "models/sit_"))
  func guidanceMatches(folder: String) throws {
    let file = try Fixtures.file("\(folder)/io")
    let model = try Fixtures.sit("\(folder)/weights")
    for key in file.names where key.hasPrefix("cfg_out.s") {
      let scale = try #require(Double(key.dropFirst("cfg_out.s".count)))
      let labels = try file.integers("cfg_y")
      let half = labels.count / 2
      let times = try file.tensor("cfg_t").array
      // Upstream's batch holds several times; ours has one, so the samples go one by one.
      for sample in 0..<half {
        let network = try GuidedNetwork(
          model, labels: [labels[sample]], guidance: ClassifierFreeGuidance(scale: scale),
          guidedChannels: 3, state: .paired)
        let x = try file.tensor("cfg_x").samples(sample..<sample + 1)
        let out = network(.concatenation([x, x]), Double(times[sample]))
        let expected = try file.tensor(key)
        expectClose(
          out,
          .concatenation([
            expected.samples(sample..<sample + 1),
            expected.samples(half + sample..<half + sample + 1),
          ]), relativeToMax: 2e-5, "\(folder) \(key)[\(sample)]")
      }
    }
  }

  private func modelName(_ file: SafeTensorsFile) throws -> String {
    let name = try #require(file.metadata["model"])
    return String(name.dropLast(".safetensors".count))
  }
}
