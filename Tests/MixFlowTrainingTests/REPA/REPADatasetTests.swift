import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// REPA's own folder as data of a run.
@Suite struct REPADatasetTests {
  private let repa: REPAFolder

  init() throws { repa = try REPAFolder() }

  private func open(classes: Int = 2) throws -> any DataSource {
    var section = DataSection()
    section.path = repa.path
    return try section.open(
      for: .repa(
        REPASiTConfiguration(
          SiTConfiguration(
            inputSize: 4, patchSize: 2, width: 16, depth: 1, heads: 2, classCount: classes,
            learnSigma: false))))
  }

  @Test func drawsScaledLatents() throws {
    let data = try open()
    #expect(data.count == 6 && data.classCount == 2 && !data.isFlippable)
    #expect(data.channels == 4 && data.height == 4 && data.width == 4)
    #expect((0..<6).map(data.label) == repa.labels)
    for index in 0..<6 {
      let (mean, deviation) = (
        repa.moments[index].samples(0..<4), repa.moments[index].samples(4..<8)
      )
      expectClose(
        try data.normalised(index), mean.array.map { $0 * 0.18215 }, absolute: 1e-7)
      let noise = RandomPurpose.latent.generator(seed: 9, index: index)
      var generator = noise
      let expected = 0.18215 * (mean + deviation * Tensor(normal: [4, 4, 4], using: &generator))
      var drawn = [Float](repeating: 0, count: data.sampleCount)
      try drawn.withUnsafeMutableBufferPointer {
        try data.writeSample(at: index, flipped: false, noise: noise, into: $0)
      }
      expectClose(drawn, expected.array, absolute: 1e-6)
    }
  }

  @Test func hasThePictureOfEachLatent() throws {
    let pictures = try #require(try open().pictures)
    for index in 0..<6 {
      #expect(try pictures.picture(at: index, flipped: false) == repa.pictures[index])
    }
  }

  @Test func otherContentsAreOtherData() throws {
    let before = try open().fingerprint
    #expect(try open().fingerprint == before)
    try repa.writeListing(repa.labels.map { 1 - $0 })
    #expect(try open().fingerprint != before)
    try repa.writeListing(repa.labels)
    try NumPyArray(Tensor(zeros: [8, 4, 4])).write(to: repa.folder.file(REPAFolder.latent(3)))
    #expect(try open().fingerprint != before)
  }

  /// What each mistake is told by: the file, the fault and the mend.
  @Test func namesWhatIsWrong() throws {
    func message(_ break: () throws -> Void) throws -> String {
      try `break`()
      let error = #expect(throws: (any Error).self) {
        let data = try open()
        _ = try data.normalised(4)
        _ = try data.pictures?.picture(at: 4, flipped: false)
      }
      return "\(try #require(error))"
    }
    let folder = repa.folder
    let (latent, picture) = (
      folder.file(REPAFolder.latent(4)), folder.file(REPAFolder.picture(4))
    )
    let small = Image(width: 8, height: 8, channels: 1, pixels: [UInt8](repeating: 9, count: 64))
    try folder.write(try small.pngBytes(), to: REPAFolder.picture(4))
    var text = try message { try repa.writeListing([0, 1, 2, 1, 0, 1]) }
    #expect(text.contains("dataset.json: gives 00000/img-mean-std-00000002.npy the label 2"))
    #expect(text.contains("mend the label"))
    try repa.writeListing(repa.labels)

    text = try message {}
    #expect(text.contains("\(picture): 8x8 pixels, but") && text.contains("one size"))

    try FileManager.default.removeItem(atPath: picture)
    text = try message {}
    #expect(text.contains("img00000005.png: stands beside") && text.contains("add the missing"))

    try FileManager.default.removeItem(atPath: folder.file("data/images"))
    text = try message {}
    #expect(text.contains("expected a folder 'images'"), "\(text)")

    text = try message {
      try NumPyArray(Tensor(repeating: .nan, shape: [8, 4, 4])).write(to: latent)
    }
    #expect(text.contains("\(latent): holds NaN") && text.contains("encode the image again"))

    text = try message { try NumPyArray(Tensor(zeros: [4, 8, 4])).write(to: latent) }
    #expect(text.contains("\(latent): has the shape [4, 8, 4], expected [8, 4, 4]"), "\(text)")

    text = try message { try NumPyArray(Tensor(zeros: [8, 4, 5])).write(to: latent) }
    #expect(text.contains("\(latent): has 768 bytes") && text.contains("encode the image again"))

    text = try message { try FileManager.default.removeItem(atPath: latent) }
    #expect(text.contains("\(latent): is not there, but") && text.contains("dataset.json names it"))
  }
}
