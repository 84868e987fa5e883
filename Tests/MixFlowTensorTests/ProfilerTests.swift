import MixFlowTensor
import Testing

/// Profiles that add up, count by hand's rules, and see their own round alone.
@Suite struct ProfilerTests {
  private typealias Key = Profile.Key

  @Test func costsAddUpToNoMoreThanTheWallTime() throws {
    let profiler = Profiler()
    let clock = ContinuousClock()
    let wall = clock.measure {
      for _ in 0..<3 { profiler.measure { trainingStep() } }
    }
    let profile = profiler.profile
    #expect(profile.rounds == 3)
    #expect(profile.costs.values.allSatisfy { $0.calls % 3 == 0 && $0.seconds >= 0 })
    #expect(profile.costs.values.reduce(0) { $0 + $1.seconds } <= profile.seconds)
    #expect(profile.rest >= 0)
    #expect(profile.seconds > 0 && profile.seconds <= wall / .seconds(1))
  }

  @Test func passesAreToldApart() throws {
    let profiler = Profiler()
    profiler.measure { trainingStep() }
    let costs = profiler.profile.costs
    let attention = try #require(costs[Key(.forward, .attention)])
    // softmax(q kᵀ) v is two products of 2 T² D; the pullback makes the scores again and needs four
    // more.
    #expect(attention.flops == 2 * (2 * 4 * 4 * 6))
    #expect(costs[Key(.backward, .attention)]?.flops == 5 * (2 * 4 * 4 * 6))
    #expect(costs[Key(.forward, .activation)]?.bytes == 2 * 4 * 18 * 4)
    #expect(costs[Key(.backward, .activation)]?.bytes == 3 * 4 * 18 * 4)
    #expect(costs[Key(.around, .reduction)]?.calls == 1)
    #expect(costs[Key(.forward, .betweenOperations)]?.calls == 1)
  }

  @Test func aLinearLayerIsCountedByHand() throws {
    let profiler = Profiler()
    profiler.measure {
      let tape = Tape()
      let x = tape.input(Tensor(repeating: 1, shape: [2, 3, 5]))
      let weight = tape.input(Tensor(repeating: 1, shape: [7, 5]))
      let y = profiledPass(.forward) { linear(x, weight: weight, bias: nil) }
      tape.backward(from: y)
    }
    let costs = profiler.profile.costs
    let forward = try #require(costs[Key(.forward, .linear(inputs: 5, outputs: 7))])
    #expect(forward.calls == 1)
    #expect(forward.flops == 2 * 6 * 5 * 7)
    #expect(forward.bytes == 4 * (6 * 5 + 7 * 5 + 6 * 7))
    let backward = try #require(costs[Key(.backward, .linear(inputs: 5, outputs: 7))])
    #expect(backward.flops == 2 * forward.flops, "one product for each gradient")
  }

  @Test func productsAreCountedByHand() throws {
    let profiler = Profiler()
    profiler.measure { profiledProducts(2, rows: 6, inputs: 5, outputs: 7) {} }
    let cost = try #require(profiler.profile.costs[Key(.around, .linear(inputs: 5, outputs: 7))])
    #expect(cost.flops == 2 * (2 * 6 * 5 * 7))
    #expect(cost.bytes == 2 * 4 * (6 * 5 + 7 * 5 + 6 * 7))
  }

  @Test func whatRunsAgainIsToldApart() throws {
    let profiler = Profiler()
    profiler.measure {
      let tape = Tape()
      let x = tape.input(Tensor(repeating: 0.5, shape: [4]))
      let y = profiledPass(.forward) {
        checkpointed([x], on: tape) { inputs, _ in silu(inputs[0]) }
      }
      tape.backward(from: y)
    }
    for pass in [ComputationPass.forward, .recomputation, .backward] {
      #expect(profiler.profile.costs[Key(pass, .activation)]?.calls == 1, "\(pass)")
    }
  }

  @Test func timeInsideAnOperationIsNotCountedTwice() throws {
    let profiler = Profiler()
    profiler.measure {
      profiled(.optimizer) {
        profiled(.batch) { sleep(milliseconds: 20) }
      }
    }
    let costs = profiler.profile.costs
    let inner = try #require(costs[Key(.around, .batch)]?.seconds)
    let outer = try #require(costs[Key(.around, .optimizer)]?.seconds)
    #expect(inner >= 0.02)
    #expect(outer < 0.02)
    #expect(inner + outer <= profiler.profile.seconds)
  }

  @Test func warmUpsAreLeftOut() {
    let profiler = Profiler(warmUps: 2)
    for round in 0..<3 { #expect(profiler.measure { silu(Tensor(Float(round))).count } == 1) }
    #expect(profiler.profile.rounds == 1)
    #expect(profiler.profile.costs[Key(.around, .activation)]?.calls == 1)
  }

  @Test func roundsOfOthersAreNotSeen() async {
    await withTaskGroup(of: Int.self) { group in
      for count in 1...8 {
        group.addTask {
          let profiler = Profiler()
          for _ in 0..<count { profiler.measure { _ = silu(Tensor(1)) } }
          _ = silu(Tensor(1))
          let cost = profiler.profile.costs[Profile.Key(.around, .activation)]
          return (cost?.calls ?? 0) - count
        }
      }
      for await difference in group { #expect(difference == 0) }
    }
  }

  @Test func anErrorEndsItsRound() {
    struct Stop: Error {}
    let profiler = Profiler()
    #expect(throws: Stop.self) { try profiler.measure { throw Stop() } }
    _ = silu(Tensor(1))
    #expect(profiler.profile.rounds == 1)
    #expect(profiler.profile.costs.isEmpty)
  }

  private func trainingStep() {
    let tape = Tape()
    let x = tape.input(Tensor(repeating: 0.5, shape: [1, 4, 18]))
    let y = profiledPass(.forward) { attention(silu(x), heads: 2) }
    tape.backward(from: meanSquaredError(y, target: Tensor(zeros: y.shape)))
  }

  private func sleep(milliseconds: Int) {
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    while ContinuousClock.now < end {}
  }
}
