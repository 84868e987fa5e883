import MixFlowCheckpoint
import MixFlowImage
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Latents that were encoded once, as training reads them.
@Suite struct LatentDatasetTests {
  private static func vae(scale: Double = 0.18215, shift: Double = 0) throws
    -> AutoencoderCheckpoint
  {
    var settings = AutoencoderSettings()
    settings.scale = scale
    settings.shift = shift
    return try AutoencoderCheckpoint(
      contentsOf: [Fixtures.path("vae/weights.safetensors")], settings: settings)
  }

  private static func rae() throws -> AutoencoderCheckpoint {
    var settings = AutoencoderSettings()
    settings.encoderInputSize = 56
    return try AutoencoderCheckpoint(
      contentsOf: ["dino_weights", "decoder_weights", "stats"].map {
        Fixtures.path("stage1/\($0).safetensors")
      }, settings: settings)
  }

  @Test func drawsFromThePosterior() throws {
    let folder = try PictureFolder(side: 32)
    let checkpoint = try Self.vae(scale: 2, shift: 0.25)
    let path = folder.scratch.file("latents.safetensors")
    try LatentCache(
      ImageFolder(contentsOf: folder.path, split: .train), checkpoint: checkpoint
    ).write(to: path, mirrored: true)
    let data = try LatentDataset(contentsOf: path)
    #expect(
      [data.count, data.classCount, data.channels, data.height, data.width] == [4, 2, 4, 8, 8])
    #expect(data.description.classNames == ["cats", "dogs"])
    #expect((0..<4).map(data.label) == [0, 0, 1, 1])
    #expect(data.latentOrigin == checkpoint.origin)
    #expect(data.isFlippable)
    let vae = try #require(checkpoint.autoencoder as? AutoencoderKL)
    for (index, picture) in folder.pictures.enumerated() {
      for isFlipped in [false, true] {
        let pixels = Tensor([isFlipped ? picture.mirrored : picture], range: -1...1)
        expectClose(
          try data.normalised(index, flipped: isFlipped), vae.encode(pixels).array, absolute: 1e-6)
        let noise = RandomPurpose.latent.generator(seed: 3, index: index)
        var generator = noise
        let moments = vae.moments(of: pixels)
        let latents = moments.sample(noise: Tensor(normal: [1, 4, 8, 8], using: &generator))
        var drawn = [Float](repeating: 0, count: data.sampleCount)
        drawn.withUnsafeMutableBufferPointer {
          data.writeSample(at: index, flipped: isFlipped, noise: noise, into: $0)
        }
        expectClose(drawn, vae.scaled(latents).array, absolute: 1e-6)
      }
    }
  }

  @Test func holdsWhatRAEEncodes() throws {
    let folder = try PictureFolder(side: 40)
    let checkpoint = try Self.rae()
    let path = folder.scratch.file("latents.safetensors")
    var reports = 0
    try LatentCache(
      ImageFolder(contentsOf: folder.path, split: .train), checkpoint: checkpoint, size: 30
    ).write(to: path) { reports += 1 }
    #expect(reports == 4)
    let data = try LatentDataset(contentsOf: path)
    #expect(data.description.kind == .samples && !data.isFlippable)
    for (index, picture) in folder.pictures.enumerated() {
      let pixels = Tensor([try picture.centreCropped(to: 30)], range: 0...1)
      #expect(try data.normalised(index) == checkpoint.autoencoder.encode(pixels).array)
    }
  }

  @Test func tellsFilesApart() throws {
    let folder = try PictureFolder(side: 32)
    let pictures = try ImageFolder(contentsOf: folder.path, split: .train)
    func fingerprint(_ checkpoint: AutoencoderCheckpoint, _ name: String) throws -> UInt64 {
      let path = folder.scratch.file(name)
      try LatentCache(pictures, checkpoint: checkpoint).write(to: path)
      return try LatentDataset(contentsOf: path).fingerprint
    }
    let first = try fingerprint(try Self.vae(), "a.safetensors")
    #expect(try fingerprint(try Self.vae(), "b.safetensors") == first)
    #expect(
      try readBytes(folder.scratch.file("a.safetensors"))
        == readBytes(folder.scratch.file("b.safetensors")))
    #expect(try fingerprint(try Self.vae(scale: 1), "c.safetensors") != first)
    try folder.scratch.write(
      try folder.pictures[0].mirrored.pngBytes(), to: "pictures/cats/0.png")
    #expect(try fingerprint(try Self.vae(), "d.safetensors") != first)
  }

  @Test func checksTheAutoencoder() throws {
    let origin = try Self.vae().origin
    #expect(try origin.check(origin, file: "a") == nil)
    #expect(throws: ConfigurationError.self) {
      try origin.check(try Self.vae(scale: 0.13025).origin, file: "a.safetensors")
    }
    let other = LatentOrigin(
      scale: origin.scale, shift: origin.shift, files: ["x.pt"], fingerprint: "0")
    let warning = try #require(try origin.check(other, file: "a"))
    #expect(warning.contains("x.pt") && warning.contains(origin.fingerprint))
  }

  @Test func estimatesStatistics() throws {
    let folder = try PictureFolder(side: 56)
    let checkpoint = try Self.rae()
    let pictures = try ImageFolder(contentsOf: folder.path, split: .train)
    let found = try LatentCache(pictures, checkpoint: checkpoint)
      .statistics(batchSize: 3, momentum: 0.1)
    let rae = try #require(checkpoint.autoencoder as? RAE).unnormalized
    let latents = folder.pictures.map { rae.encode(Tensor([$0], range: 0...1)).array }
    for index in latents[0].indices {
      let first = latents[..<3].map { Double($0[index]) }
      let mean = first.reduce(0, +) / 3
      let variance = first.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 3
      let last = Double(latents[3][index])
      expectClose(Double(found.mean.array[index]), mean + 0.1 * (last - mean), absolute: 1e-5)
      // The last batch, of one picture, has no variance.
      expectClose(Double(found.variance.array[index]), 0.9 * variance, absolute: 1e-5)
    }
  }

  @Test func namesWhatDoesNotFit() throws {
    let folder = try PictureFolder(side: 30)
    let pictures = try ImageFolder(contentsOf: folder.path, split: .train)
    let path = folder.scratch.file("latents.safetensors")
    #expect(throws: DataError.self) {
      try LatentCache(pictures, checkpoint: try Self.vae()).write(to: path)
    }
    #expect(!folder.scratch.contents.contains("latents.safetensors"))
    #expect(throws: DataError.self) {
      try LatentDataset(contentsOf: Fixtures.path("vae/weights.safetensors"))
    }
    let cache = LatentCache(pictures, checkpoint: try Self.vae(), size: 32)
    try cache.write(to: path)
    var section = DataSection()
    section.path = path
    var model = ModelSection()
    (model.inputSize, model.patchSize, model.inChannels) = (8, 2, 4)
    let sizes = try model.resolved()
    #expect(try section.open(for: sizes).count == 4)
    section.flip = true
    #expect(throws: ConfigurationError.self) { try section.open(for: sizes) }
    section.flip = false
    section.resize = 8
    #expect(throws: ConfigurationError.self) { try section.open(for: sizes) }
    section.resize = nil
    section.split = "test"
    #expect(throws: ConfigurationError.self) { try section.open(for: sizes) }
    section.split = "train"
    model.inChannels = 3
    let others = try model.resolved()
    #expect(throws: ConfigurationError.self) { try section.open(for: others) }
  }

  @Test func shardsHoldWhatOneFileHolds() throws {
    let folder = try PictureFolder(side: 32)
    let cache = LatentCache(
      try ImageFolder(contentsOf: folder.path, split: .train), checkpoint: try Self.vae())
    let file = folder.scratch.file("latents.safetensors")
    try cache.write(to: file, mirrored: true)
    let whole = try LatentDataset(contentsOf: file)
    let path = folder.scratch.file("shards")
    // Three pictures of 2 x 8 x 8 x 8 floats with their labels fit, and no fourth.
    #expect(try cache.write(shardsTo: path, shardBytes: 13_000, mirrored: true) == 2)
    let shards = try #require(try LatentShards(folder: path))
    #expect(shards.shards.map(\.count) == [3, 1])
    #expect(
      [shards.count, shards.classCount, shards.channels, shards.height] == [4, 2, 4, 8])
    #expect(shards.isFlippable && shards.latentOrigin == whole.latentOrigin)
    for index in 0..<4 {
      #expect(shards.label(at: index) == whole.label(at: index))
      for isFlipped in [false, true] {
        #expect(
          try shards.normalised(index, flipped: isFlipped)
            == whole.normalised(index, flipped: isFlipped))
      }
    }
    #expect(try LatentShards(folder: folder.path).map(\.count) == nil)
    let second = "\(path)/latents-00002-of-00002.safetensors"
    try writeBytes(try readBytes("\(path)/latents-00001-of-00002.safetensors"), to: second)
    let error = #expect(throws: DataError.self) { try LatentShards(folder: path) }
    #expect(error?.description.hasPrefix("\(second): is not the file that") == true)
    try writeBytes(
      Array(#"{"shards":[{"file":"../a","count":1,"fingerprint":""}]}"#.utf8),
      to: "\(path)/latents.index.json")
    #expect(throws: DataError.self) { try LatentShards(folder: path) }
  }
}
