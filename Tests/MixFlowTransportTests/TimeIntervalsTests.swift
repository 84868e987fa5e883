import MixFlowTestSupport
import MixFlowTransport
import Testing

@Suite struct TimeIntervalsTests {
  @Test(arguments: [
    (PathKind.linear, Prediction.velocity, 0...1, 0...1, 0...0.96),
    (.gvp, .velocity, 0...1, 0...1, 0...0.96),
    (.linear, .noise, 0.001...0.999, 0.001...0.999, 0.001...0.96),
    (.gvp, .score, 0.001...0.999, 0.001...0.999, 0.001...0.96),
    (.vp, .velocity, 0...(1 - 1e-5), 0...0.999, 0...0.96),
    (.vp, .noise, 0...(1 - 1e-5), 0...0.999, 0...0.96),
  ])
  func haveUpstreamsDefaults(
    path: PathKind, prediction: Prediction, training: ClosedRange<Double>,
    ode: ClosedRange<Double>, sde: ClosedRange<Double>
  ) throws {
    let intervals = try TimeIntervals(path: path, prediction: prediction)
    #expect(intervals.training == training)
    #expect(intervals.ode == ode)
    #expect(try intervals.sde(form: .sigma, lastStepSize: 0.04) == sde)
  }

  @Test func withoutALastStepTheMarginDecides() throws {
    let velocity = try TimeIntervals(path: .linear, prediction: .velocity)
    #expect(try velocity.sde(form: .sigma, lastStepSize: 0) == 0...1)
    let noise = try TimeIntervals(path: .linear, prediction: .noise, samplingMargin: 0.01)
    #expect(try noise.sde(form: .sigma, lastStepSize: 0) == 0.01...0.99)
  }

  @Test func infiniteDiffusionIsAnError() throws {
    let bare = try TimeIntervals(path: .linear, prediction: .velocity)
    #expect(throws: TransportError.infiniteDiffusion("SBDM", path: "Linear", time: 0)) {
      try bare.sde(form: .sbdm, lastStepSize: 0.04)
    }
    let kept = try TimeIntervals(path: .linear, prediction: .velocity, samplingMargin: 0.01)
    #expect(try kept.sde(form: .sbdm, lastStepSize: 0.04) == 0.01...0.96)
  }

  @Test func endsWhereToldTo() throws {
    let rae = try TimeIntervals(path: .linear, prediction: .velocity, end: 0.999)
    #expect(rae.ode == 0...0.999)
    #expect(throws: TransportError.self) {
      try TimeIntervals(path: .linear, prediction: .velocity, end: 0)
    }
  }

  @Test(arguments: [-0.1, 0.5, .nan])
  func refusesImpossibleMargins(margin: Double) {
    #expect(throws: TransportError.self) {
      try TimeIntervals(path: .vp, prediction: .noise, trainingMargin: margin)
    }
    #expect(throws: TransportError.self) {
      try TimeIntervals(path: .vp, prediction: .noise, samplingMargin: margin)
    }
  }

  @Test(arguments: [-0.1, 1, 0.9995, .nan])
  func refusesImpossibleLastSteps(size: Double) throws {
    let intervals = try TimeIntervals(path: .linear, prediction: .noise)
    #expect(throws: TransportError.self) { try intervals.sde(form: .sigma, lastStepSize: size) }
  }

  @Test func conventionsMirrorTimesAndVelocities() throws {
    #expect(TimeConvention.dataAtZero.convert(0.25) == 0.75)
    #expect(TimeConvention.dataAtZero.convert(0.25...0.5) == 0.5...0.75)
    #expect(try TimeConvention.dataAtOne.interval(from: 0.25, to: 0.5) == 0.25...0.5)
    #expect(throws: TransportError.self) {
      try TimeConvention.dataAtZero.interval(from: 0.5, to: 0.25)
    }
    let velocity = TimeConvention.dataAtZero.velocity(Vector(3), 0.25) { x, t in x.scaled(by: t) }
    #expect(velocity == Vector(-2.25))
  }
}
