import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// What is said of data that cannot be used, read as a run reads them; `Tests/Messages` has the words.
@Suite struct DataMessageTests {
  typealias Case = (String, () throws -> Void)

  private func expect(_ cases: [Case], in table: String, _ names: [String: String]) throws {
    try MessageTable(table).expect(
      cases.map { ($0.0, message($0.1) ?? "is read") }, replacing: names)
  }

  @Test func files() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("file")
    var cases: [Case] = IDXFileTests.faults.map { name, bytes, _ in
      (
        "IDX: \(name)",
        {
          try writeBytes(bytes, to: path)
          _ = try IDXFile(contentsOf: path)
        }
      )
    }
    func part(_ name: String, images: [Int], labels: [UInt8], names: String? = nil) throws -> Case {
      let values = [UInt8](repeating: 1, count: images.reduce(1, *))
      try folder.write(
        IDXFile(dimensions: images, values: values).bytes, to: "\(name)/train-images-idx3-ubyte")
      try folder.write(
        IDXFile(dimensions: [labels.count], values: labels).bytes,
        to: "\(name)/train-labels-idx1-ubyte")
      if let names { try folder.write(names.utf8, to: "\(name)/classes.txt") }
      return ("IDX: \(name)", { _ = try ImageDataset(contentsOf: folder.file(name)) })
    }
    cases += [
      (
        "IDX: too short",
        {
          try writeBytes([0, 0, 8, 1, 0, 1, 0, 0] + [0], to: path)
          _ = try IDXFile(contentsOf: path)
        }
      ),
      ("IDX: a folder", { _ = try IDXFile(contentsOf: folder.path) }),
      ("IDX: nothing", { _ = try IDXFile(contentsOf: folder.file("none")) }),
      try part("no pictures", images: [2, 0, 4], labels: [0, 1]),
      try part("labels missing", images: [2, 4, 4], labels: [0]),
      try part("a label too high", images: [2, 4, 4], labels: [0, 2], names: "a\nb\n"),
      try part("no names", images: [2, 4, 4], labels: [0, 1], names: "\n"),
      (
        "IDX: names that are no text",
        {
          try folder.write([0xE9, 0x0A], to: "no names/classes.txt")
          _ = try ImageDataset(contentsOf: folder.file("no names"))
        }
      ),
      (
        "IDX: no test part",
        { _ = try ImageDataset(contentsOf: folder.file("no names"), split: .test) }
      ),
    ]
    let small = ImageDataset(
      pixels: [UInt8](repeating: 1, count: 32), channels: 1, height: 4, width: 4, labels: [0, 1],
      classNames: ["a", "b"])
    cases += [
      ("a size of 0", { _ = try small.resized(to: 0) }),
      ("an enlargement", { _ = try small.resized(to: 8) }),
      ("a margin", { _ = try small.addingMargin(-1) }),
      ("large margins", { _ = try small.addingMargin(4096, byteLimit: 100) }),
      ("a subset of none", { _ = try small.balancedSubset(perClass: 0, seed: 0) }),
      ("a subset of many", { _ = try small.balancedSubset(perClass: 2, seed: 0) }),
    ]
    try expect(cases, in: "data-files", [path: "FILE", folder.path: "FOLDER"])
  }

  @Test func folders() throws {
    let folder = try TemporaryFolder()
    func picture(_ side: Int, channels: Int = 1) throws -> [UInt8] {
      try Image(
        width: side, height: side, channels: channels,
        pixels: [UInt8](repeating: 1, count: side * side * channels)
      ).pngBytes()
    }
    try folder.write(try picture(4), to: "sizes/a/0.png")
    try folder.write(try picture(5), to: "sizes/a/1.png")
    try folder.write(try picture(4), to: "colours/a/0.png")
    try folder.write(try picture(4, channels: 3), to: "colours/a/1.png")
    try folder.write(try picture(4), to: "parts/train/a/0.png")
    try folder.write(try picture(4), to: "parts/test/b/0.png")
    try folder.write([], to: "others/a/0.webp")
    try folder.write([], to: "empty/a/text.txt")
    try folder.write([], to: "flat/0.png")
    try folder.write("text".utf8, to: "broken/a/0.png")
    try folder.write("text".utf8, to: "broken/a/1.png")
    func pictures(_ name: String, bad: Int = 0) throws {
      _ = try PictureDataset(
        ImageFolder(contentsOf: folder.file(name), split: .train), side: 4, channels: 1,
        maxBadFiles: bad)
    }
    let gone = try ImageFolder(contentsOf: folder.file("sizes"), split: .train)
    let cases: [Case] = [
      ("sizes", { _ = try ImageDataset(contentsOf: folder.file("sizes")) }),
      ("colours", { try pictures("colours") }),
      (
        "a class of the test part",
        { _ = try ImageFolder(contentsOf: folder.file("parts"), split: .test) }
      ),
      (
        "no test part",
        { _ = try ImageFolder(contentsOf: folder.file("sizes"), split: .test) }
      ),
      ("another kind", { try pictures("others") }), ("no pictures", { try pictures("empty") }),
      ("no classes", { try pictures("flat") }), ("no folder", { try pictures("none") }),
      ("broken", { try pictures("broken") }),
      ("broken, one allowed", { try pictures("broken", bad: 1) }),
      (
        "a file that has gone",
        {
          try FileManager.default.removeItem(atPath: folder.file("sizes/a/1.png"))
          _ = try PictureDataset(gone, side: 4, channels: 1)
        }
      ),
      (
        "memory",
        {
          _ = try ImageDataset(classFolder: folder.file("colours"), byteLimit: 3)
        }
      ),
    ]
    try expect(cases, in: "data-folders", [folder.path: "FOLDER"])
  }

  @Test func foldersOfREPA() throws {
    let repa = try REPAFolder()
    let folder = repa.folder
    let latent = folder.file(REPAFolder.latent(4))
    func open() throws {
      var section = DataSection()
      section.path = repa.path
      let data = try section.open(
        for: .repa(
          REPASiTConfiguration(
            SiTConfiguration(
              inputSize: 4, patchSize: 2, width: 16, depth: 1, heads: 2, classCount: 2,
              learnSigma: false))))
      var values = [Float](repeating: 0, count: data.sampleCount)
      try values.withUnsafeMutableBufferPointer {
        try data.writeSample(at: 4, flipped: false, into: $0)
      }
      _ = try data.pictures?.picture(at: 4, flipped: false)
    }
    func pack() throws {
      try #require(try REPALatents(folder: repa.path)).write(
        to: folder.file("out.safetensors"),
        origin: LatentOrigin(scale: 1, shift: 0, files: [], fingerprint: "0"))
    }
    let small = Image(width: 6, height: 6, channels: 1, pixels: [UInt8](repeating: 9, count: 36))
    // Each mistake is made in the folder that the one before it left.
    let cases: [Case] = [
      (
        "a label",
        {
          try repa.writeListing([0, 1, 2, 1, 0, 1])
          try open()
        }
      ),
      (
        "a label beyond all",
        {
          try repa.writeListing([0, 1, 70_000, 1, 0, 1])
          try open()
        }
      ),
      (
        "a picture of another size",
        {
          try repa.writeListing(repa.labels)
          try folder.write(try small.pngBytes(), to: REPAFolder.picture(4))
          try open()
        }
      ),
      (
        "the first picture of another size",
        {
          try folder.write(try small.pngBytes(), to: REPAFolder.picture(0))
          try open()
        }
      ),
      (
        "a picture missing",
        {
          try FileManager.default.removeItem(atPath: folder.file(REPAFolder.picture(4)))
          try open()
        }
      ),
      (
        "the last picture missing",
        {
          try folder.write(try small.pngBytes(), to: REPAFolder.picture(4))
          try FileManager.default.removeItem(atPath: folder.file(REPAFolder.picture(5)))
          try open()
        }
      ),
      (
        "no pictures",
        {
          try FileManager.default.removeItem(atPath: folder.file("data/images"))
          try open()
        }
      ),
      (
        "NaN",
        {
          try NumPyArray(Tensor(repeating: .nan, shape: [8, 4, 4])).write(to: latent)
          try open()
        }
      ),
      ("NaN, packed", pack),
      (
        "a shape",
        {
          try NumPyArray(Tensor(zeros: [4, 8, 4])).write(to: latent)
          try open()
        }
      ),
      ("a shape, packed", pack),
      (
        "a size",
        {
          try NumPyArray(Tensor(zeros: [8, 4, 5])).write(to: latent)
          try open()
        }
      ),
      (
        "a file missing",
        {
          try FileManager.default.removeItem(atPath: latent)
          try open()
        }
      ),
      (
        "the first shape",
        {
          try NumPyArray(Tensor(zeros: [3, 4, 4])).write(to: folder.file(REPAFolder.latent(0)))
          try open()
        }
      ),
      ("the first shape, packed", pack),
      (
        "no labels",
        {
          try folder.write(#"{"labels": []}"#.utf8, to: "data/vae-sd/dataset.json")
          try open()
        }
      ),
      (
        "no list",
        {
          try folder.write(#"{"labels": null}"#.utf8, to: "data/vae-sd/dataset.json")
          try open()
        }
      ),
    ]
    try expect(cases, in: "repa-folders", [folder.path: "FOLDER"])
  }

  /// Copies a file with NaN in place of a tensor.
  private static func copy(
    _ path: String, to other: String, breaking broken: String
  ) throws {
    let file = try SafeTensorsFile(contentsOf: path)
    try #require(file.names.contains(broken))
    try SafeTensorsWriter.write(
      try file.names.map { name in
        let tensor = try file.tensor(name)
        return (
          name: name,
          value: name == broken ? Tensor(repeating: .nan, shape: tensor.shape) : tensor
        )
      }, metadata: file.metadata, to: other)
  }

  @Test func latents() throws {
    let folder = try TemporaryFolder()
    let index = "shards/latents.index.json"
    func shards(_ text: String) throws {
      try folder.write(text.utf8, to: index)
      _ = try LatentShards(folder: folder.file("shards"))
    }
    let origin = LatentOrigin(scale: 1, shift: 0, files: ["a.pt"], fingerprint: "0")
    let pictures = try PictureFolder(side: 32)
    func cache(_ checkpoint: AutoencoderCheckpoint) throws -> LatentCache {
      LatentCache(
        try ImageFolder(contentsOf: pictures.path, split: .train), checkpoint: checkpoint)
    }
    let vae = try AutoencoderCheckpoint(contentsOf: [Fixtures.path("vae/weights.safetensors")])
    let broken = folder.file("broken.safetensors")
    try Self.copy(Fixtures.path("vae/weights.safetensors"), to: broken, breaking: "quant_conv.bias")
    let encoder = folder.file("encoder.safetensors")
    try SafeTensorsWriter.write(try TinyEncoder().hubTensors, to: encoder)
    let brokenEncoder = folder.file("broken-encoder.safetensors")
    try Self.copy(encoder, to: brokenEncoder, breaking: "norm.bias")
    let file = folder.file("latents.safetensors")
    let cases: [Case] = [
      (
        "weights of NaN",
        { try cache(try AutoencoderCheckpoint(contentsOf: [broken])).write(to: file) }
      ),
      (
        "weights of NaN, statistics",
        { _ = try cache(try AutoencoderCheckpoint(contentsOf: [broken])).statistics(batchSize: 2) }
      ),
      (
        "an encoder of NaN",
        {
          try cache(vae).write(
            to: file, features: FeatureMaker(try EncoderCheckpoint(contentsOf: brokenEncoder)))
        }
      ),
      (
        "a file of other latents",
        {
          let shards = folder.file("parts")
          try cache(vae).write(shardsTo: shards, shardBytes: 13_000, mirrored: true)
          let name = { (number: Int) in "\(shards)/latents-0000\(number)-of-00002.safetensors" }
          try writeBytes(try readBytes(name(1)), to: name(2))
          _ = try LatentShards(folder: shards)
        }
      ),
      ("no index", { try shards("x") }), ("no files", { try shards(#"{"shards": []}"#) }),
      (
        "a file elsewhere",
        { try shards(#"{"shards": [{"file": "../a", "count": 1, "fingerprint": ""}]}"#) }
      ),
      (
        "no latents",
        { _ = try LatentDataset(contentsOf: Fixtures.path("vae/weights.safetensors")) }
      ),
      (
        "another scale",
        {
          _ = try origin.check(
            LatentOrigin(scale: 2, shift: 0, files: ["a.pt"], fingerprint: "0"), file: "m.pt")
        }
      ),
    ]
    try expect(
      cases, in: "latents",
      [folder.path: "FOLDER", pictures.path: "PICTURES", Fixtures.root: "FIXTURES"])
    #expect(
      try origin.check(
        LatentOrigin(scale: 1, shift: 0, files: ["b.pt"], fingerprint: "1"), file: "m.pt")
        == "m.pt was trained on latents of a.pt (weights 0); the weights of b.pt differ (1)")
  }
}
