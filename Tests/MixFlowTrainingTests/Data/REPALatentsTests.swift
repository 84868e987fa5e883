import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Packing what REPA's preprocessing wrote.
@Suite struct REPALatentsTests {
  private static let origin = LatentOrigin(
    scale: 0.18215, shift: 0, files: ["sd-vae-ft-mse"], fingerprint: "0")

  @Test func packsMoments() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      #"{"labels": [["0/b.npy", 2], ["0/a.npy", 0]]}"#.utf8, to: "vae-sd/dataset.json")
    try folder.write([], to: "vae-sd/0/.keep")
    let moments = (0..<2).map { index in
      Tensor((0..<8 * 4).map { Float($0 + 100 * index) }, shape: [8, 2, 2])
    }
    for (name, values) in zip(["a", "b"], moments) {
      try NumPyArray(values).write(to: folder.file("vae-sd/0/\(name).npy"))
    }
    let latents = try #require(try REPALatents(folder: folder.path))
    let path = folder.file("latents.safetensors")
    try latents.write(to: path, origin: Self.origin)
    let data = try LatentDataset(contentsOf: path)
    #expect(data.count == 2 && data.classCount == 3 && data.sampleCount == 16)
    #expect((0..<2).map(data.label) == [0, 2])
    let expected = moments[1].array.prefix(16).map { $0 * 0.18215 }
    expectClose(try data.normalised(1), expected, absolute: 1e-5)
  }

  @Test func refusesOtherFiles() throws {
    let folder = try TemporaryFolder()
    #expect(try REPALatents(folder: folder.path) == nil)
    try folder.write(#"{"labels": null}"#.utf8, to: "dataset.json")
    #expect(throws: DataError.self) { try REPALatents(folder: folder.path) }
    try folder.write(#"{"labels": [["a.npy", 0]]}"#.utf8, to: "dataset.json")
    try NumPyArray(Tensor(zeros: [3, 2, 2])).write(to: folder.file("a.npy"))
    let latents = try #require(try REPALatents(folder: folder.path))
    #expect(throws: DataError.self) {
      try latents.write(to: folder.file("out.safetensors"), origin: Self.origin)
    }
    #expect(folder.contents == ["a.npy", "dataset.json"])
  }
}
