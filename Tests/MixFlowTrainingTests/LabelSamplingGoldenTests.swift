import MixFlowCheckpoint
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// PyTorch's generator and the classes that RAE chooses with it.
@Suite struct LabelSamplingGoldenTests {
  @Test func generatorMatches() throws {
    let file = try Fixtures.file("misc/torch_rng")
    let seeds = file.names.filter { $0.hasSuffix(".randperm10") }
      .compactMap { UInt64($0.dropFirst().prefix { $0 != "." }) }
    #expect(!seeds.isEmpty)
    for seed in seeds {
      var generator = TorchGenerator(seed: seed)
      #expect(generator.permutation(10) == (try file.integers("s\(seed).randperm10")))
      generator = TorchGenerator(seed: seed)
      let numbers = (0..<8).map { _ in generator.integer(below: 1000) }
      #expect(numbers == (try file.integers("s\(seed).randint1000x8")))
    }
  }

  /// More numbers than the state holds, from the reference implementation's seed.
  @Test func theStateIsRenewed() {
    var generator = TorchGenerator(seed: 5489)
    var last: UInt32 = 0
    for _ in 0..<10_000 { last = generator.next() }
    #expect(last == 4_123_659_995)
  }

  /// The files hold `[rank, step, batch]`; the ranks take contiguous parts of one order, which ends
  /// with random classes that fill the last batches.
  @Test func equalClassesMatch() throws {
    let file = try Fixtures.file("misc/label_sampling_equal")
    let suffix = ".params_nc_n_world_bs_seed"
    let cases = file.names.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }
    #expect(!cases.isEmpty)
    for name in cases {
      let parameters = try file.integers(name + suffix)
      let (classes, count) = (parameters[0], parameters[1])
      let labels = try LabelSampling.equal.labels(
        of: 0..<count, from: Array(0..<classes), seed: UInt64(parameters[4]))
      #expect(labels == Array(try file.integers(name).prefix(count)), "\(name)")
    }
  }

  @Test func equalClassesNeedAMultiple() {
    #expect(throws: SamplingError.unequalClasses(samples: 7, classes: 3)) {
      try LabelSampling.equal.labels(of: 0..<7, from: [0, 1, 2], seed: 0)
    }
  }

  @Test(arguments: [LabelSampling.turns, .random])
  func theRangeDoesNotMatter(sampling: LabelSampling) throws {
    let classes = [2, 5, 7]
    let all = try sampling.labels(of: 0..<30, from: classes, seed: 3)
    #expect(Set(all) == Set(classes))
    #expect(try sampling.labels(of: 11..<14, from: classes, seed: 3) == Array(all[11..<14]))
  }
}
