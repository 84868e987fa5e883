import MixFlowTensor

/// The rotary position embedding of a square grid, whose angles checkpoints hold (RAE's
/// `VisionRotaryEmbeddingFast`).
struct RotaryEmbedding {
  /// The angles.
  let table: RotaryTable

  /// Registers the buffers `freqs_cos` and `freqs_sin` `[T, headWidth]` under `scope`.
  init(headWidth: Int, grid: Int, in scope: ParameterScope) throws {
    let computed = RotaryTable(headWidth: headWidth, grid: grid)
    table = RotaryTable(
      cosines: try scope.buffer("freqs_cos", formula: computed.cosines).value,
      sines: try scope.buffer("freqs_sin", formula: computed.sines).value)
  }
}
