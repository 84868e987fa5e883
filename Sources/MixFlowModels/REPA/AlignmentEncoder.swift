import MixFlowTensor

/// The encoder whose features REPA aligns a network's inner tokens to: DINOv2 on the clean picture,
/// one feature for each token of the network (Yu et al., 2025; REPA `utils.load_encoders` and
/// `train.preprocess_raw_image`).
///
/// Upstream resizes pictures of 256 pixels to 224 and those of 512 to 448, which is the encoder's
/// patch for each token of a SiT of patch 2; so it is here for any grid.
public struct AlignmentEncoder {
  /// The encoder.
  public let encoder: DINOv2
  /// The tokens on a side, those of the network.
  public let grid: Int

  /// The pictures that are encoded at once, which bounds the memory.
  public static let batchSize = 4

  /// Joins an encoder to the grid of a network's tokens.
  public init(_ encoder: DINOv2, grid: Int) {
    precondition(grid > 0, "a grid of \(grid) tokens")
    self.encoder = encoder
    self.grid = grid
  }

  /// The side that pictures are resized to.
  public var inputSide: Int { grid * encoder.configuration.patchSize }

  /// Returns the features of pictures, DINOv2's `x_norm_patchtokens`.
  ///
  /// - Parameter images: `[B, 3, H, W]`, bytes over 255.
  /// - Returns: `[B, T, D]`, row by row, the same bits for a picture in any batch.
  public func callAsFunction(_ images: Tensor) -> Tensor {
    encoder.normalizedPatchTokens(input(images))
  }

  /// Returns what the encoder sees of pictures: ImageNet's normalisation, then the bicubic kernel
  /// without antialiasing.
  package func input(_ images: Tensor) -> Tensor {
    let normalized = ImageNetNormalization.normalized(images)
    guard images.shape[2...] != [inputSide, inputSide] else { return normalized }
    return resize(normalized, height: inputSide, width: inputSide, filter: .bicubic)
  }

  /// The floating-point operations of the products for one picture.
  public var operationsPerPicture: Double {
    let sizes = encoder.configuration
    let tokens = Double(grid * grid + 1 + sizes.registers)
    let width = Double(sizes.width)
    let layer =
      tokens * width * width * Double(8 + 4 * sizes.mlpRatio) + 4 * tokens * tokens * width
    let patches = 6 * Double(sizes.patchSize * sizes.patchSize) * tokens * width
    return Double(sizes.depth) * layer + patches
  }

  /// The bytes that it holds while it encodes: weights and what a layer works on.
  public var byteCount: Int {
    let sizes = encoder.configuration
    let tokens = grid * grid + 1 + sizes.registers
    let weights = encoder.parameters.reduce(0) { $0 + $1.value.count }
    let working = Self.batchSize * tokens * sizes.width * (6 + 2 * sizes.mlpRatio)
    return MemoryLayout<Float>.stride * (weights + working)
  }
}
