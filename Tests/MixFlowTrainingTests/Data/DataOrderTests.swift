import MixFlowTraining
import Testing

@Suite struct DataOrderTests {
  @Test(arguments: [1, 2, 7, 1000])
  func visitsEachSampleOnceInAnEpoch(count: Int) {
    var order = DataOrder(count: count, seed: 3)
    for epoch in 0..<3 {
      #expect(order.samples(at: epoch * count, count: count).sorted() == Array(0..<count))
    }
  }

  @Test func shufflesAnewInEachEpochAndForEachSeed() {
    let orders = [
      DataOrder.permutation(of: 100, seed: 0, epoch: 0),
      DataOrder.permutation(of: 100, seed: 0, epoch: 1),
      DataOrder.permutation(of: 100, seed: 1, epoch: 0),
      DataOrder.permutation(of: 100, seed: 1, epoch: 1),
      Array(0..<100),
    ]
    #expect(Set(orders).count == orders.count)
  }

  /// Whatever the batches and wherever a run resumes, the stream of samples is the same.
  @Test func dependsOnTheCursorAlone() {
    var whole = DataOrder(count: 10, seed: 8)
    let stream = whole.samples(at: 0, count: 45)
    for batch in [1, 3, 10, 16] {
      var order = DataOrder(count: 10, seed: 8)
      let batches = stride(from: 0, to: 45, by: batch).flatMap {
        order.samples(at: $0, count: min(batch, 45 - $0))
      }
      #expect(batches == stream)
    }
    var resumed = DataOrder(count: 10, seed: 8)
    #expect(resumed.samples(at: 37, count: 8) == Array(stream[37...]))
    #expect(resumed.samples(at: 4, count: 3) == Array(stream[4..<7]))
    #expect(resumed.epoch(at: 39) == 3 && resumed.epoch(at: 40) == 4)
  }

  /// Over many epochs each sample comes first about equally often: chi-squared with 9 degrees of
  /// freedom stays below 33.7 but once in 10,000.
  @Test func favoursNoSample() {
    var firsts = [Int](repeating: 0, count: 10)
    for epoch in 0..<5000 {
      firsts[DataOrder.permutation(of: 10, seed: 1, epoch: epoch)[0]] += 1
    }
    let chiSquared = firsts.reduce(0.0) { $0 + Double(($1 - 500) * ($1 - 500)) / 500 }
    #expect(chiSquared < 33.7, "\(firsts)")
  }
}
