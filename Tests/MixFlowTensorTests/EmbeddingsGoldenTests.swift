import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// Embeddings of times and positions against the official modules.
@Suite struct EmbeddingsGoldenTests {
  static let embeddings = "models/embeddings"
  static let positions = "models/pos_embed"

  @Test func sinusoidalMatches() throws {
    let file = try Fixtures.file(Self.embeddings)
    let times = try file.tensor("t").array
    let expected = try file.tensor("sinusoidal_256")
    let width = expected.shape[1]
    let actual = sinusoidalEmbedding(times, width: width)
    #expect(actual.shape == expected.shape)
    for (index, t) in times.enumerated() {
      let row = index * width..<(index + 1) * width
      expectClose(
        Array(actual.array[row]), Array(expected.array[row]), absolute: t == 999 ? 1e-4 : 2e-5,
        "sinusoidal at t = \(t)")
    }
  }

  @Test func fourierMatches() throws {
    let file = try Fixtures.file(Self.embeddings)
    let frequencies = Variable(constant: try file.tensor("fourier_W"))
    let actual = fourierEmbedding(try file.tensor("t").array, frequencies: frequencies)
    expectClose(actual.value, try file.tensor("fourier"), absolute: 2e-5, "fourier")
  }

  @Test func rotaryTableMatches() throws {
    let file = try Fixtures.file(Self.embeddings)
    let cosines = try file.tensor("rope_cos")
    let grid = try #require((1...cosines.shape[0]).first { $0 * $0 == cosines.shape[0] })
    let table = RotaryTable(headWidth: cosines.shape[1], grid: grid)
    expectClose(table.cosines, cosines, absolute: 2e-5, "rope_cos")
    expectClose(table.sines, try file.tensor("rope_sin"), absolute: 2e-5, "rope_sin")
  }

  @Test func rotationMatches() throws {
    let file = try Fixtures.file(Self.embeddings)
    let table = RotaryTable(
      cosines: try file.tensor("rope_cos"), sines: try file.tensor("rope_sin"))
    let rotated = rotate(swappingHeadsAndTokens(try file.tensor("rope_in")), by: table)
    let expected = swappingHeadsAndTokens(try file.tensor("rope_out"))
    expectClose(rotated, expected, absolute: 2e-5, "rope_out")
  }

  @Test func positionsMatch() throws {
    let file = try Fixtures.file(Self.positions)
    try #require(!file.names.isEmpty)
    for name in file.names {
      let expected = try file.tensor(name)
      let (tokens, width) = (expected.shape[0], expected.shape[1])
      let grid = try #require((1...tokens).first { $0 * $0 == tokens })
      #expect(name == "d\(width)_g\(grid)")
      expectClose(sinCosPositions(width: width, grid: grid), expected, absolute: 1e-6, name)
    }
  }

  /// Returns `[B, T, H · d]` from the fixture's `[B, H, T, d]`.
  private func swappingHeadsAndTokens(_ x: Tensor) -> Tensor {
    let (samples, heads, tokens, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let values = x.array
    var swapped: [Float] = []
    for sample in 0..<samples {
      for token in 0..<tokens {
        for head in 0..<heads {
          let start = ((sample * heads + head) * tokens + token) * width
          swapped += values[start..<start + width]
        }
      }
    }
    return Tensor(swapped, shape: [samples, tokens, heads * width])
  }
}
