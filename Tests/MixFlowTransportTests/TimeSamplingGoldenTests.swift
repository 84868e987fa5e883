import MixFlowCheckpoint
import MixFlowTestSupport
import MixFlowTransport
import Testing

/// The times that SiT's and RAE's `Transport.sample` make of given uniform numbers.
@Suite struct TimeSamplingGoldenTests {
  let file: SafeTensorsFile

  init() throws { file = try Fixtures.file("transport/time_sampling") }

  @Test func timesAreSiTs() throws {
    let keys = file.names.filter { $0.hasPrefix("sit.") }
    #expect(!keys.isEmpty)
    let u = try file.doubles("u")
    for key in keys {
      // sit.<law>.<path>.<prediction>
      let fields = key.split(separator: ".").map(String.init)
      let sampler = try TimeSampler(parsing: fields[1])
      let interval = try TimeIntervals(
        path: PathKind(parsing: fields[2]), prediction: Prediction(parsing: fields[3])
      ).training
      let times = u.map { sampler.time(at: $0, in: interval) }
      expectClose(times, try file.doubles(key), absolute: 2e-6, key)
    }
  }

  @Test func timesAreRAEs() throws {
    let convention = TimeConvention.dataAtZero
    let u = try file.doubles("u")
    let keys = file.names.filter { $0 != "u" && !$0.hasPrefix("sit.") }
    #expect(!keys.isEmpty)
    for key in keys {
      // <law>.shift<factor> or <law>.<path>.<prediction>; laws have points in them.
      var path = PathKind.linear
      var prediction = Prediction.velocity
      var shift = TimeShift.none
      let law: String
      if let place = key.range(of: ".shift") {
        law = String(key[..<place.lowerBound])
        let factor = try #require(Double(key[place.upperBound...]))
        // The keys round RAE's factors √48 and √192 to four digits.
        let exact = [48.0, 192].map { $0.squareRoot() }.first { abs($0 - factor) < 1e-4 }
        shift = try TimeShift(factor: exact ?? factor)
      } else {
        let fields = key.split(separator: ".").map(String.init)
        law = fields[0]
        path = try PathKind(parsing: fields[1])
        prediction = try Prediction(parsing: fields[2])
      }
      let sampler = try TimeSampler(parsing: law, convention: convention)
      let intervals = try TimeIntervals(path: path, prediction: prediction, end: 0.999)
      let interval = convention.convert(intervals.training)
      // On the mirrored axis the quantile u is 1 − u.
      let times = u.map { convention.convert(shift(sampler.time(at: 1 - $0, in: interval))) }
      expectClose(times, try file.doubles(key), absolute: 2e-6, key)
    }
  }

  @Test(arguments: [("grid256.n50", 196_608.0), ("grid512.n50", 786_432)])
  func samplingGridsAreRAEs(key: String, dimension: Double) throws {
    let expected = try Fixtures.file("transport/rae_sampling").doubles(key)
    let intervals = try TimeIntervals(path: .linear, prediction: .velocity, end: 0.999)
    let grid = try TimeGrid(points: expected.count, over: intervals.ode)
      .shifted(by: TimeShift(dimension: dimension))
    expectClose(grid.times.map(TimeConvention.dataAtZero.convert), expected, absolute: 2e-6)
  }
}
