import Foundation
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// What is said of runs and samples that cannot start or go on; `Tests/Messages` has the words.
@Suite struct RunMessageTests {
  typealias Case = (String, () throws -> Void)

  private let scratch: TemporaryFolder
  private let plain: RunConfiguration
  /// The folder of a finished run, and its last checkpoint.
  private let base: String
  private let last: String

  init() throws {
    scratch = try TemporaryFolder()
    var configuration = try tinyRun(data: scratch.file("data"))
    configuration.training.maxSteps = 2
    plain = configuration
    base = scratch.file("base")
    _ = try TrainingRun(plain, in: base, from: .fresh).run()
    let checkpoints = CheckpointFolder(of: base)
    last = checkpoints.file(of: try #require(checkpoints.complete().last))
  }

  private func expect(_ cases: [Case], in table: String) throws {
    try MessageTable(table).expect(
      cases.map { ($0.0, message($0.1) ?? "is done") },
      replacing: [last: "CHECKPOINT", scratch.path: "FOLDER", Fixtures.root: "FIXTURES"])
  }

  private func start(
    _ parts: Set<WarmStart.Part> = [], _ choice: WeightsChoice = .raw,
    _ change: (inout RunConfiguration) -> Void
  ) throws {
    var changed = plain
    change(&changed)
    _ = try TrainingRun(
      changed, in: scratch.file("new"),
      from: .weights(of: last, choice, WarmStart(parts: parts)))
  }

  private func resume(_ change: (inout RunConfiguration) -> Void) throws {
    _ = try TrainingRun(
      resuming: base,
      change: {
        var changed = $0
        change(&changed)
        return changed
      })
  }

  @Test func starts() throws {
    let other = scratch.file("other")
    _ = try tinyRun(data: other, brightness: 3)
    let cases: [Case] = [
      ("a folder with checkpoints", { _ = try TrainingRun(plain, in: base, from: .fresh) }),
      ("another path", { try start { $0.transport.pathType = "GVP" } }),
      ("another prediction", { try start { $0.transport.prediction = "noise" } }),
      ("another kind of model", { try start { $0.model.type = "LightningDiT" } }),
      ("another number of heads", { try start { $0.model.numHeads = 4 } }),
      ("another width", { try start { $0.model.hiddenSize = 32 } }),
      ("the step of a finished run", { try start([.step]) { _ in } }),
      ("the data of another seed", { try start([.data]) { $0.training.seed = 5 } }),
      ("other data", { try start([.data]) { $0.data.path = other } }),
      (
        "held-out samples of the data",
        {
          try start { ($0.validation.path, $0.validation.every) = ($0.data.path, 1) }
        }
      ),
      (
        "a fraction of nothing",
        {
          try start { ($0.validation.fraction, $0.validation.every) = (0.01, 1) }
        }
      ),
      (
        "held-out samples that are missing",
        {
          try start { ($0.validation.path, $0.validation.every) = (scratch.file("none"), 1) }
        }
      ),
      (
        "a held-out part that is missing",
        {
          try start {
            ($0.validation.path, $0.validation.every) = (other, 1)
            $0.validation.split = "x"
          }
        }
      ),
      ("an average that is not there", { try start([], .average(decay: 0.5)) { _ in } }),
    ]
    try expect(cases, in: "run-starts")
  }

  @Test func resumes() throws {
    let folder = CheckpointFolder(of: base)
    let copy = try scratch.write(try readBytes(last), to: "copy.safetensors")
    let cases: [Case] = [
      ("no steps left", { try resume { _ in } }),
      ("another model", { try resume { $0.model.depth = 3 } }),
      (
        "other data",
        {
          try resume {
            $0.training.maxSteps = 9
            $0.data.flip = false
            $0.data.path = scratch.file("other")
          }
        }
      ),
      ("no manifest", { _ = try CheckpointFolder.manifest(besides: copy) }),
      ("no run", { _ = try CheckpointFolder(of: scratch.file("none")).newest() }),
      (
        "no checkpoints",
        {
          try scratch.write("x".utf8, to: "half/checkpoints/1.safetensors")
          try scratch.write("x".utf8, to: "half/checkpoints/2.safetensors")
          try scratch.write("{".utf8, to: "half/checkpoints/2.json")
          _ = try CheckpointFolder(of: scratch.file("half")).newest()
        }
      ),
      (
        "a damaged tensor",
        {
          let manifest = try #require(folder.complete().last)
          var bytes = try readBytes(last)
          bytes[bytes.count - 5] ^= 1
          try writeBytes(bytes, to: last)
          try folder.verify(manifest)
        }
      ),
    ]
    _ = try tinyRun(data: scratch.file("other"), brightness: 3)
    try expect(cases, in: "run-resumes")
  }

  @Test func processes() throws {
    func share(
      _ processes: Int, _ change: (inout RunConfiguration) -> Void
    ) throws {
      var changed = plain
      (changed.training.batchSize, changed.training.gradAccumSteps) = (6, 6)
      change(&changed)
      _ = try changed.batch(processes: processes)
    }
    try expect(
      [
        ("pieces", { try share(4) { _ in } }),
        ("a batch", { try share(4) { $0.training.gradAccumSteps = 1 } }),
        ("a sum of three", { try share(3) { $0.distributed.deterministic = true } }),
        ("updates backward", { try share(2) { $0.training.optimizerInBackward = true } }),
      ], in: "run-processes")
  }

  /// Samples that cannot be removed; a disk that is read-only stops even root.
  @Test(.enabled(if: SmallDisk.isAvailable, "mounting a tmpfs needs root"))
  func removals() throws {
    let disk = try SmallDisk()
    try writeBytes(Array("{}".utf8), to: disk.path + "/samples.json")
    try disk.remount("ro")
    func removal() -> String? {
      message { try SampleFolder(disk.path, rule: .sit).removeAll() }
    }
    let refused = "cannot be written: could not be removed; check its permissions"
    #expect(removal() == "\(disk.path)/samples.json: \(refused)")
    try disk.remount("rw")
    try writeBytes([], to: disk.path + "/grid.png")
    try FileManager.default.removeItem(atPath: disk.path + "/samples.json")
    try disk.remount("ro")
    #expect(removal() == "\(disk.path)/grid.png: \(refused)")
    try disk.remount("rw")
  }

  @Test func memory() throws {
    let sizes = ModelConfiguration.sit(try SiTConfiguration(named: "XL/2"))
    var training = TrainingSection()
    training.batchSize = 16
    func check(_ gibibytes: UInt64, _ checkpointing: String = "none") throws {
      training.activationCheckpointing = checkpointing
      training.batchSize = checkpointing == "full" ? 256 : 16
      try TrainingMemory(sizes, training).check(against: gibibytes << 30, training)
    }
    try expect(
      [
        ("a model", { try check(12) }), ("a batch", { try check(16) }),
        ("a batch, recomputed", { try check(16, "full") }),
      ], in: "run-memory")
  }

  @Test func alignment() throws {
    let repa = try REPAFolder()
    let file = repa.folder.file("encoder.safetensors")
    try SafeTensorsWriter.write(try TinyEncoder().hubTensors, to: file)
    let other = repa.folder.file("other.safetensors")
    try SafeTensorsWriter.write(try TinyEncoder(seed: 5).hubTensors, to: other)
    let plain = alignedRun(data: repa.path, encoder: file)
    func align(
      _ change: (inout RunConfiguration) -> Void, data: (any DataSource)? = nil
    ) throws {
      var changed = plain
      change(&changed)
      let sizes = try changed.validated()
      let data = try data ?? plain.openData(for: try plain.validated())
      _ = try changed.alignment(with: data, for: sizes)
    }
    let vae = try AutoencoderCheckpoint(contentsOf: [Fixtures.path("vae/weights.safetensors")])
    func pack(_ name: String, features: FeatureMaker?) throws -> LatentDataset {
      try #require(try REPALatents(folder: repa.path)).write(
        to: repa.folder.file(name), origin: vae.origin, features: features)
      return try LatentDataset(contentsOf: repa.folder.file(name))
    }
    let bare = try pack("bare.safetensors", features: nil)
    let encoder = try EncoderCheckpoint(contentsOf: file)
    let coarse = try pack("coarse.safetensors", features: FeatureMaker(encoder, grid: 1))
    let cases: [Case] = [
      ("no encoder", { try align { $0.training.encoder = nil } }),
      ("no pictures", { try align({ _ in }, data: bare) }),
      ("features twice", { try align({ _ in }, data: coarse) }),
      ("features of another grid", { try align({ $0.training.encoder = nil }, data: coarse) }),
      ("another width", { try align { $0.model.zDims = [32] } }),
      ("another encoder", { try align { $0.training.encType = "dinov2-vit-b" } }),
      (
        "no encoder's file",
        { try align { $0.training.encoder = Fixtures.path("vae/weights.safetensors") } }
      ),
      (
        "held-out pictures",
        {
          var changed = plain
          (changed.validation.fraction, changed.validation.every) = (0.5, 1)
          _ = try TrainingRun(changed, in: repa.folder.file("held"), from: .fresh)
        }
      ),
      (
        "another encoder when it goes on",
        {
          var changed = plain
          changed.training.maxSteps = 1
          let folder = repa.folder.file("run")
          _ = try TrainingRun(changed, in: folder, from: .fresh).run()
          _ = try TrainingRun(
            resuming: folder,
            change: {
              var changed = $0
              (changed.training.maxSteps, changed.training.encoder) = (2, other)
              return changed
            })
        }
      ),
      (
        "an odd latent",
        {
          let folder = try REPAFolder(count: 2)
          for index in 0..<2 {
            try NumPyArray(Tensor(zeros: [8, 3, 3])).write(
              to: folder.folder.file(REPAFolder.latent(index)))
          }
          try #require(try REPALatents(folder: folder.path)).write(
            to: folder.folder.file("a.safetensors"), origin: vae.origin,
            features: FeatureMaker(encoder))
        }
      ),
    ]
    try MessageTable("alignment").expect(
      cases.map { ($0.0, message($0.1) ?? "is done") },
      replacing: [repa.folder.path: "FOLDER", Fixtures.root: "FIXTURES"])
  }

  @Test func samples() throws {
    let folder = scratch.file("samples")
    try scratch.write([], to: "samples/000003.png")
    try scratch.write([], to: "grids/grid.png")
    try scratch.write([], to: "latents/latents.safetensors")
    try scratch.write("{".utf8, to: "broken/samples.json")
    try scratch.write([], to: "broken/000003.png")
    let record = SampleRecord(settings: [], files: [])
    let cases: [Case] = [
      ("the same index", { try SampleFolder.check(0..<5, in: folder, policy: .extend) }),
      ("older samples", { try SampleFolder.check(0..<5, in: folder, policy: .fresh) }),
      (
        "an older grid",
        { try SampleFolder.check(0..<5, in: scratch.file("grids"), policy: .fresh) }
      ),
      ("no record", { try SampleFolder.checkResume(of: folder, with: record) }),
      (
        "a broken record",
        { try SampleFolder.checkResume(of: scratch.file("broken"), with: record) }
      ),
      (
        "older latents",
        { try LatentSamples.check(folder: scratch.file("latents"), replaces: false) }
      ),
      (
        "a folder in use",
        {
          let lock = try SampleFolder.lock(folder)
          defer { withExtendedLifetime(lock) {} }
          _ = try SampleFolder.lock(folder)
        }
      ),
    ]
    try expect(cases, in: "sample-folders")
  }
}
