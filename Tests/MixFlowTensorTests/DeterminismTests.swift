import MixFlowTensor
import Testing

/// Results are the same to the last bit, however the work is shared and whatever is beside a sample.
///
/// Serialised: the number of threads belongs to the process.
@Suite(.serialized) struct DeterminismTests {
  struct Size: CustomTestStringConvertible, Sendable {
    let tokens: Int
    let width: Int
    var heads = 2
    var testDescription: String { "\(tokens) tokens of \(width)" }
  }

  static let sizes = [
    Size(tokens: 1, width: 64), Size(tokens: 17, width: 40), Size(tokens: 64, width: 64),
    Size(tokens: 64, width: 384), Size(tokens: 256, width: 128),
    Size(tokens: 256, width: 384, heads: 6), Size(tokens: 300, width: 72),
    Size(tokens: 64, width: 1152, heads: 16), Size(tokens: 256, width: 1152, heads: 16),
  ]

  @Test(arguments: sizes)
  func aSampleDoesNotDependOnItsBatch(size: Size) {
    let block = BlockUnderTest(size)
    var generator = Philox(seed: 5)
    let x = Tensor(normal: [5, size.tokens, size.width], using: &generator)
    let c = Tensor(normal: [5, size.width], using: &generator)
    let together = block(x, c)
    for sample in [0, 3, 4] {
      let alone = block(slice(x, sample..<sample + 1), slice(c, sample..<sample + 1))
      #expect(alone == slice(together, sample..<sample + 1), "sample \(sample)")
    }
    let pair = block(slice(x, 2..<4), slice(c, 2..<4))
    #expect(pair == slice(together, 2..<4))
  }

  @Test(arguments: sizes.dropLast())
  func resultsDoNotDependOnTheNumberOfThreads(size: Size) throws {
    let threads = Parallelism.threads
    defer { Parallelism.threads = threads }
    var generator = Philox(seed: 6)
    let x = Tensor(normal: [3, size.tokens, size.width], using: &generator)
    let c = Tensor(normal: [3, size.width], using: &generator)
    let results = try [1, 2, 3, 8].map { threads in
      Parallelism.threads = threads
      return try BlockUnderTest(size).withGradients(x, c)
    }
    for result in results.dropFirst() {
      for (name, value) in result {
        #expect(value == results[0][name], "\(name)")
      }
    }
  }

  @Test func imagesDoNotDependOnThreadsOrBatch() throws {
    let threads = Parallelism.threads
    defer { Parallelism.threads = threads }
    var generator = Philox(seed: 7)
    let x = Tensor(normal: [3, 32, 64, 64], using: &generator)
    let weight = Tensor(normal: [48, 32, 3, 3], using: &generator)
    let ones = Tensor(repeating: 1, shape: [48])
    let images = { (x: Variable, weight: Variable) in
      groupNorm(
        convolution(
          x, weight: weight, bias: Variable(constant: ones), padding: ConvolutionPadding(1)),
        groups: 8, weight: Variable(constant: ones), bias: Variable(constant: ones))
    }
    let results = try [1, 2, 3].map { threads in
      Parallelism.threads = threads
      let tape = Tape()
      let (x, weight) = (tape.input(x), tape.input(weight))
      let y = images(x, weight)
      tape.backward(from: y, gradient: y.value)
      return [y.value, try #require(x.gradient), try #require(weight.gradient)]
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
    let alone = images(Variable(constant: slice(x, 1..<2)), Variable(constant: weight))
    #expect(alone.value == slice(results[0][0], 1..<2))
  }
}

/// A transformer block with adaLN, as SiT has it, from this module's operations alone.
private struct BlockUnderTest {
  private let heads: Int
  private let names: [String]
  private let weights: [Tensor]

  init(_ size: DeterminismTests.Size) {
    heads = size.heads
    let width = size.width
    let shapes = [
      ("adaLN", [6 * width, width]), ("qkv", [3 * width, width]), ("proj", [width, width]),
      ("fc1", [4 * width, width]), ("fc2", [width, 4 * width]),
    ]
    names = shapes.map(\.0)
    weights = shapes.enumerated().map { index, entry in
      var generator = Philox(seed: 8, stream: UInt64(index))
      return Tensor(uniform: entry.1, bound: 2 / Float(width).squareRoot(), using: &generator)
    }
  }

  func callAsFunction(_ x: Tensor, _ c: Tensor) -> Tensor {
    run(
      Variable(constant: x), Variable(constant: c), weights.map { Variable(constant: $0) }
    ).value
  }

  func withGradients(_ x: Tensor, _ c: Tensor) throws -> [String: Tensor] {
    let tape = Tape()
    let inputs = [x, c].map { tape.input($0) }
    let parameters = weights.map { tape.input($0) }
    let y = run(inputs[0], inputs[1], parameters)
    tape.backward(from: y, gradient: y.value)
    var results = ["y": y.value]
    for (name, variable) in zip(["x", "c"] + names, inputs + parameters) {
      let gradient: Tensor = try #require(variable.gradient, "\(name)")
      results[name] = gradient
    }
    return results
  }

  private func run(_ x: Variable, _ c: Variable, _ weights: [Variable]) -> Variable {
    let zeros = Variable(constant: Tensor(zeros: [weights[3].shape[0]]))
    let m = linear(silu(c), weight: weights[0], bias: nil)
    let qkv = linear(
      layerNormModulate(x, modulation: m, shift: 0, scale: 1), weight: weights[1], bias: nil)
    let mixed = linear(attention(qkv, heads: heads), weight: weights[2], bias: nil)
    let h = gatedResidual(x, mixed, modulation: m, gate: 2)
    let wide = linearGELU(
      layerNormModulate(h, modulation: m, shift: 3, scale: 4), weight: weights[3], bias: zeros)
    return gatedResidual(
      h, linear(wide, weight: weights[4], bias: nil), modulation: m, gate: 5)
  }
}

/// Returns some samples of a batch.
private func slice(_ x: Tensor, _ samples: Range<Int>) -> Tensor {
  let size = x.count / x.shape[0]
  return Tensor(
    Array(x.array[samples.lowerBound * size..<samples.upperBound * size]),
    shape: [samples.count] + x.shape.dropFirst())
}
