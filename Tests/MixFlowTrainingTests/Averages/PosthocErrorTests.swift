import Foundation
import MixFlowCheckpoint
import MixFlowModels
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Snapshots that cannot be used.
@Suite struct PosthocErrorTests {
  private let scratch: TemporaryFolder
  private let run: String

  init() throws {
    scratch = try TemporaryFolder()
    run = scratch.file("run")
    var configuration = try tinyRun(data: scratch.file("data"))
    configuration.training.posthocEMA = [0.05, 0.1]
    configuration.training.posthocEMAEvery = 2
    _ = try TrainingRun(configuration, in: run, from: .fresh).run()
  }

  private func make(_ width: Double = 0.08, step: Int? = nil) throws -> ModelCheckpoint {
    try ModelCheckpoint(
      PosthocReconstruction(ofWidth: width, inRun: run, atStep: step), ofRun: run)
  }

  private func snapshot(_ step: Int) -> String { "\(run)/posthoc-ema/000000\(step).safetensors" }

  private func expect(
    _ names: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) { try make() }
    let text = "\(try #require(error))"
    for name in names {
      #expect(text.contains(name), "\(text)", sourceLocation: sourceLocation)
    }
    #expect(!text.contains("\n"), sourceLocation: sourceLocation)
  }

  @Test func wholeOnesCanBeUsed() throws { _ = try make() }

  @Test(arguments: [0, -1, 0.281, .nan, .infinity])
  func widthsAreChecked(width: Double) {
    let error = #expect(throws: PosthocError.self) { try make(width) }
    #expect("\(String(describing: error))".contains("0.28") || error == .width(width))
  }

  @Test(arguments: [1, 7, 1_000_000])
  func stepsAreChecked(step: Int) {
    #expect(
      throws: PosthocError.step(step, first: 2, last: 6, folder: run)
    ) { try make(step: step) }
  }

  @Test func aRunWithoutSnapshots() throws {
    try FileManager.default.removeItem(atPath: run + "/posthoc-ema")
    #expect(throws: PosthocError.noSnapshots(folder: run)) { try make() }
    try expect(run, "training.posthoc_ema")
    try createEmptyFolder(run + "/posthoc-ema")
    #expect(throws: PosthocError.noSnapshots(folder: run)) { try make() }
  }

  @Test func aMissingFile() throws {
    try FileManager.default.removeItem(atPath: snapshot(4))
    try expect("posthoc-ema", "0000004.safetensors is missing", "delete")
  }

  @Test func aMissingManifest() throws {
    try FileManager.default.removeItem(atPath: run + "/posthoc-ema/0000004.json")
    try expect("0000004.safetensors", "0000004.json is missing")
    // Both files deleted: the rest does.
    try FileManager.default.removeItem(atPath: snapshot(4))
    #expect(try PosthocReconstruction(ofWidth: 0.08, inRun: run).snapshotCount == 2)
  }

  @Test func aShorterFile() throws {
    try writeBytes(try readBytes(snapshot(2)).dropLast(), to: snapshot(2))
    try expect("0000002.safetensors", "bytes instead of")
  }

  @Test func otherBytes() throws {
    var bytes = try readBytes(snapshot(4))
    bytes[bytes.count - 5] ^= 0x10
    try writeBytes(bytes, to: snapshot(4))
    try expect(snapshot(4), "'posthoc_0.1.", "CRC-32C")
  }

  @Test func noSnapshotAtAll() throws {
    try replace(4) { try FileManager.default.copyItem(atPath: newestCheckpoint, toPath: $0) }
    try expect(snapshot(4), "mixflow.posthoc_ema")
  }

  @Test func anotherModels() throws {
    var configuration = try tinyRun(data: scratch.file("data"))
    configuration.model.hiddenSize = 32
    configuration.training.posthocEMA = [0.05, 0.1]
    configuration.training.posthocEMAEvery = 2
    let other = scratch.file("other")
    _ = try TrainingRun(configuration, in: other, from: .fresh).run()
    try replace(4) {
      try FileManager.default.copyItem(
        atPath: "\(other)/posthoc-ema/0000004.safetensors", toPath: $0)
    }
    try expect(snapshot(4), "another model")
  }

  @Test func ofOtherParameters() throws {
    let file = try SafeTensorsFile(contentsOf: snapshot(4))
    let names = file.names.filter { !$0.hasSuffix("final_layer.linear.bias") }
    try replace(4) { path in
      try SafeTensorsWriter.write(
        try names.map { ($0, try file.tensor($0)) }, metadata: file.metadata, to: path)
    }
    try expect(snapshot(4), "final_layer.linear.bias")
  }

  @Test func atAnotherUpdate() throws {
    let file = try SafeTensorsFile(contentsOf: snapshot(4))
    var metadata = file.metadata
    metadata["mixflow.posthoc_ema"] = metadata["mixflow.posthoc_ema"]?
      .replacing("\"updates\":4", with: "\"updates\":5")
    #expect(metadata != file.metadata)
    try replace(4) { path in
      try SafeTensorsWriter.write(
        try file.names.map { ($0, try file.tensor($0)) }, metadata: metadata, to: path)
    }
    try expect(snapshot(4), "update 5", "another run")
  }

  @Test func aRunWithoutCheckpoints() throws {
    try FileManager.default.removeItem(atPath: run + "/checkpoints")
    try expect(run + "/checkpoints")
  }

  @Test func aSnapshotIsNoModel() throws {
    let error = #expect(throws: ModelInferenceError.self) {
      try ModelCheckpoint(contentsOf: snapshot(4))
    }
    #expect("\(try #require(error))".contains("--posthoc-ema"))
    let other = #expect(throws: CheckpointError.self) {
      try ModelCheckpoint(contentsOf: newestCheckpoint, weights: .posthoc(width: 0.07))
    }
    #expect("\(try #require(other))".contains("posthoc:0.05, posthoc:0.1"))
  }

  private var newestCheckpoint: String { run + "/checkpoints/0000006.safetensors" }

  /// Writes another snapshot of a step, with a manifest that fits.
  private func replace(_ step: Int, write: (String) throws -> Void) throws {
    let path = snapshot(step)
    try FileManager.default.removeItem(atPath: path)
    try write(path)
    let manifest = """
      {"step": \(step), "file": "000000\(step).safetensors", "bytes": \(try readBytes(path).count),
      "written": "2026-01-01T00:00:00Z"}
      """
    try writeBytes(Array(manifest.utf8), to: run + "/posthoc-ema/000000\(step).json")
  }

  private func createEmptyFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }
}
