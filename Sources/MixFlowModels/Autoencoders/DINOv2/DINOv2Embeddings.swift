import MixFlowTensor

/// Turns pictures into the tokens of DINOv2: class token, registers, patches.
struct DINOv2Embeddings {
  private let configuration: DINOv2Configuration
  private let classToken: Parameter
  private let registers: Parameter?
  private let table: Parameter
  private let patches: PatchEmbedding

  /// Registers the embeddings under `scope`.
  ///
  /// The mask token is used in training alone, but published files hold it.
  init(_ configuration: DINOv2Configuration, in scope: ParameterScope) throws {
    self.configuration = configuration
    let width = configuration.width
    classToken = try scope.parameter(
      "cls_token", shape: [1, 1, width], initializer: .normal(deviation: 0.02))
    _ = try scope.parameter(
      "mask_token", shape: [1, width], initializer: .zeros, isTrainable: false)
    registers =
      configuration.registers == 0
      ? nil
      : try scope.parameter(
        "register_tokens", shape: [1, configuration.registers, width],
        initializer: .normal(deviation: 0.02))
    table = try scope.parameter(
      "position_embeddings", shape: [1, 1 + configuration.grid * configuration.grid, width],
      initializer: .normal(deviation: 0.02))
    patches = try PatchEmbedding(
      channels: 3, patch: configuration.patchSize, width: width, named: "projection",
      in: scope.child("patch_embeddings"))
  }

  /// Maps pictures `[B, 3, H, W]` to tokens `[B, 1 + R + T, D]`; registers have no position.
  func callAsFunction(_ images: Tensor) -> Tensor {
    let positions = positions(height: images.shape[2], width: images.shape[3])
    let tokens = patches(Variable(constant: images), on: nil).value
    let x = addPositions(
      Variable(constant: .prepending(classToken.value, to: tokens)),
      Variable(constant: positions)
    ).value
    guard let registers else { return x }
    let first = x.tokens(0..<1)
    let rest = Tensor.prepending(registers.value, to: x.tokens(1..<x.shape[1]))
    let length = 1 + rest.shape[1]
    return .concatenation(
      (0..<x.shape[0]).map { sample in
        .prepending(first.samples(sample..<sample + 1), to: rest.samples(sample..<sample + 1))
      }
    ).reshaped([x.shape[0], length, configuration.width])
  }

  /// Returns the position table for pictures of a size.
  ///
  /// It is interpolated with PIL's kernel, unlike the pictures themselves.
  func positions(height: Int, width: Int) -> Tensor {
    let (patch, grid, channels) = (
      configuration.patchSize, configuration.grid, configuration.width
    )
    let (rows, columns) = (height / patch, width / patch)
    guard rows * columns != grid * grid || height != width else { return table.value }
    let image = unpatchify(
      Variable(constant: table.value.tokens(1..<1 + grid * grid)), patch: 1, channels: channels,
      height: grid, width: grid)
    let resized = resize(image, height: rows, width: columns, filter: .antialiasedBicubic)
    return .prepending(table.value.tokens(0..<1), to: patchify(resized, patch: 1).value)
  }
}
