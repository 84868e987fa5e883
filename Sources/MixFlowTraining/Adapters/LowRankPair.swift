import MixFlowCheckpoint
import MixFlowTensor

/// The two factors of one layer's adapter.
struct LowRankPair {
  /// `A`, `[rank, inputs]`.
  let down: Tensor
  /// `B`, `[outputs, rank]`.
  let up: Tensor

  /// Reads the factors of a layer.
  ///
  /// - Parameters:
  ///   - layer: The beginning of their keys.
  ///   - state: What to read from.
  /// - Throws: `CheckpointError` for a factor that is missing or does not fit the other.
  init(of layer: String, in state: StateDict) throws(CheckpointError) {
    down = try state.tensor(layer + AdapterKey.down)
    guard down.shape.count == 2 else {
      throw CheckpointError.shape(
        key: layer + AdapterKey.down, found: down.shape, expected: [1, down.count], file: state.file
      )
    }
    let rank = down.shape[0]
    let found = try state.tensor(layer + AdapterKey.up)
    guard found.shape.count == 2, found.shape[1] == rank else {
      throw CheckpointError.shape(
        key: layer + AdapterKey.up, found: found.shape, expected: [found.shape.first ?? 1, rank],
        file: state.file)
    }
    up = found
  }

  /// The rank.
  var rank: Int { down.shape[0] }
  /// The shape of the layer's weight.
  var weightShape: [Int] { [up.shape[0], down.shape[1]] }

  /// Returns `W + s B A`.
  func added(to weight: Tensor, scale: Float) -> Tensor {
    var sum = linear(up, weight: transposed(down), bias: nil)
    sum.scale(by: scale)
    sum.add(weight)
    return sum
  }

  private func transposed(_ x: Tensor) -> Tensor {
    let (rows, columns) = (x.shape[0], x.shape[1])
    return Tensor(shape: [columns, rows]) { out in
      x.withUnsafeBufferPointer { x in
        for row in 0..<rows {
          for column in 0..<columns { out[column * rows + row] = x[row * columns + column] }
        }
      }
    }
  }
}

extension StateDict {
  /// The layers whose adapters are among the tensors, in the order of the file.
  var adaptedLayers: [String] {
    keys.compactMap { key in
      key.hasSuffix(AdapterKey.down) ? String(key.dropLast(AdapterKey.down.count)) : nil
    }
  }

  /// The values of all adapters among the tensors.
  package var adapterValueCount: Int {
    keys.filter(AdapterKey.isFactor).reduce(0) { $0 + (shape(of: $1)?.reduce(1, *) ?? 0) }
  }

  /// Adds a training checkpoint's adapters to the weights of their layers.
  ///
  /// - Parameter file: The checkpoint, whose configuration tells the scale.
  /// - Returns: The weights of the network itself; these tensors where there are no adapters.
  /// - Throws: `CheckpointError` when the file does not tell the scale or an adapter does not fit.
  func mergingAdapters(of file: any TensorFile) throws -> StateDict {
    let layers = adaptedLayers
    guard !layers.isEmpty else { return self }
    guard let options = try TrainingCheckpoint.configuration(of: file).lora.options else {
      throw CheckpointError.weights(
        reason: "holds adapters (lora_A), but its configuration has no lora.rank", file: file.path)
    }
    return try merging(layers, of: self) { _ in options.scale }
  }

  /// Refuses to go on with the state of adapters that are merged into the weights of a new run.
  func checkAdapters(_ parts: Set<WarmStart.Part>) throws(CheckpointError) {
    guard !adaptedLayers.isEmpty, parts.contains(.optimizer) || parts.contains(.ema) else { return }
    throw CheckpointError.weights(
      reason: "holds adapters, which a new run merges into its weights: their moments and averages "
        + "end there; load neither optimizer nor ema, or resume the run", file: file)
  }

  /// Adds adapters to the weights of their layers, and leaves the adapters out.
  ///
  /// - Parameters:
  ///   - layers: The layers.
  ///   - adapters: Where their factors are.
  ///   - scale: The factor of a layer's adapter.
  /// - Returns: The weights.
  /// - Throws: `CheckpointError` when a layer is missing or has another shape.
  func merging(
    _ layers: [String], of adapters: StateDict, scale: (LowRankPair) -> Float
  ) throws -> StateDict {
    var merged: [String: Tensor] = [:]
    for layer in layers {
      let pair = try LowRankPair(of: layer, in: adapters)
      let weight = try tensor(layer + ".weight")
      guard weight.shape == pair.weightShape else {
        throw CheckpointError.weights(
          reason: "the adapter of '\(layer)' is for a weight \(pair.weightShape), but "
            + "\(layer).weight is \(weight.shape) in \(file); name an adapter of this network",
          file: adapters.file)
      }
      merged[layer + ".weight"] = pair.added(to: weight, scale: scale(pair))
    }
    return replacing(merged, removing: Set(keys.filter(AdapterKey.isFactor)))
  }
}
