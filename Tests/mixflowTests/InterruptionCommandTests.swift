import Foundation
import MixFlowCheckpoint
import MixFlowTestSupport
import Testing

/// What a user sees of signals, kills and disks that fail.
@Suite struct InterruptionCommandTests {
  private let scratch: TemporaryFolder
  private let config: String

  init() throws {
    let tiny = try TinyRun()
    (scratch, config) = (tiny.scratch, tiny.config)
  }

  private func long(_ run: String, _ settings: String...) -> [String] {
    let all = ["training.max_steps=1000000", "training.sample_every=null"] + settings
    return ["train", "--config", config, "--results-dir", run, "-q"]
      + all.flatMap { ["--set", $0] }
  }

  private func manifests(in run: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(run)/checkpoints")) ?? [])
      .filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted()
  }

  @Test func asksToBeStartedAgain() throws {
    let run = scratch.file("run")
    let process = try Command.start(long(run))
    while manifests(in: run).isEmpty { Thread.sleep(forTimeInterval: 0.02) }
    kill(process.processIdentifier, SIGUSR1)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 75)
    let newest = try #require(manifests(in: run).last).replacing(".json", with: ".safetensors")
    let verified = try Command("inspect", "\(run)/checkpoints/\(newest)", "--verify")
    #expect(verified.code == 0 && verified.output.contains("tensors as written"))
  }

  @Test func theSecondSignalEndsAtOnce() throws {
    let run = scratch.file("run")
    // Steps of many seconds.
    let process = try Command.start(
      long(run, "training.batch_size=1000000", "training.grad_accum_steps=100"))
    while !FileManager.default.fileExists(atPath: "\(run)/metrics.jsonl") {
      Thread.sleep(forTimeInterval: 0.02)
    }
    Thread.sleep(forTimeInterval: 0.1)
    kill(process.processIdentifier, SIGTERM)
    Thread.sleep(forTimeInterval: 0.1)
    #expect(process.isRunning)
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(manifests(in: run).isEmpty)
  }

  @Test func namesTheDamagedTensorAndGoesOnFromTheOneBefore() throws {
    let run = scratch.file("run")
    #expect(try Command("train", "--config", config, "--results-dir", run).code == 0)
    let file = "\(run)/checkpoints/0000008.safetensors"
    #expect(try Command("inspect", file, "--verify").code == 0)
    let name = "model.blocks.1.mlp.fc1.weight"
    var bytes = try readBytes(file)
    bytes[try SafeTensorsFile(contentsOf: file).info(for: name).range.lowerBound + 3] ^= 0x40
    try writeBytes(bytes, to: file)
    let verify = try Command("inspect", file, "--verify")
    #expect(verify.code == 1)
    #expect(verify.errors.hasPrefix("mixflow: error: \(file): '\(name)' has other bytes"))
    let resume = try Command("train", "--resume", run, "-q")
    #expect(resume.code == 0, "\(resume.errors)")
    #expect(resume.errors.hasPrefix("warning: \(file): '\(name)'"), "\(resume.errors)")
    #expect(resume.errors.contains("; going on from the checkpoint before it\n"))
    #expect(try Command("inspect", file, "--verify").code == 0)
    let alone = try scratch.write(bytes, to: "alone.safetensors")
    let bare = try Command("inspect", alone, "--verify")
    #expect(bare.code == 1 && bare.errors.contains("no manifest with checksums beside it"))
  }

  @Test(.enabled(if: SmallDisk.isAvailable, "mounting a tmpfs needs root"))
  func aFullDiskSaysHowToGoOn() throws {
    let disk = try SmallDisk()
    let run = disk.path + "/run"
    let result = try Command(
      "train", "--config", config, "--results-dir", run, "-q", "--set", "training.keep_last=1000",
      "--set", "training.checkpoint_every=1", "--max-steps", "100")
    #expect(result.code == 1)
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    #expect(result.errors.contains("go on with mixflow train --resume \(run)"), "\(result.errors)")
    let last = try #require(manifests(in: run).last)
    #expect(result.errors.contains("that of step \(Int(last.prefix(7)) ?? 0) is intact"))
    for name in manifests(in: run).dropLast(2) {
      let stem = "\(run)/checkpoints/\(name.dropLast(5))"
      for ending in [".json", ".safetensors"] {
        try FileManager.default.removeItem(atPath: stem + ending)
      }
    }
    let resumed = try Command(
      "train", "--resume", run, "-q", "--set", "training.keep_last=2", "--set",
      "training.sample_every=null")
    #expect(resumed.code == 0, "\(resumed.errors)")
  }

  @Test(.enabled(if: SmallDisk.isAvailable, "mounting a tmpfs needs root"))
  func aDiskThatTurnsReadOnlySaysHowToGoOn() throws {
    let disk = try SmallDisk(megabytes: 8)
    let run = disk.path + "/run"
    #expect(
      try Command("train", "--config", config, "--results-dir", run, "-q").code == 0)
    try disk.remount("ro")
    let refused = try Command("train", "--resume", run, "-q", "--max-steps", "9")
    #expect(refused.code == 1)
    #expect(refused.errors.contains("\(run)"), "\(refused.errors)")
    #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")
    try disk.remount("rw")
    #expect(try Command("train", "--resume", run, "-q", "--max-steps", "9").code == 0)
  }

  @Test(.enabled(if: SmallDisk.isAvailable, "mounting a tmpfs needs root"))
  func aReadOnlyFolderIsNamedAtTheStart() throws {
    let disk = try SmallDisk()
    try FileManager.default.createDirectory(
      atPath: disk.path + "/old", withIntermediateDirectories: true)
    try disk.remount("ro")
    defer { try? disk.remount("rw") }
    for (folder, verb) in [("old", "written to"), ("new/run", "created")] {
      let run = "\(disk.path)/\(folder)"
      let refused = try Command("train", "--config", config, "--results-dir", run, "-q")
      #expect(refused.code == 1)
      #expect(
        refused.errors == """
          mixflow: error: \(run): cannot be \(verb) (Read-only file system); name another folder by \
          --results-dir, or permit writing there

          """)
    }
  }

  private static let python = "/usr/bin/env"

  @Test(
    .enabled(
      if: (try? Command(executable: URL(filePath: python), arguments: ["python3", "-V"]))?.code == 0
    ))
  func killsLoseNothing() throws {
    let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "scripts/kill-test").path
    let test = try Command(
      executable: URL(filePath: Self.python),
      arguments: [
        "python3", script, "--kills", "10", "--steps", "60", "--mixflow",
        Command.executable.path(),
      ])
    #expect(test.code == 0, "\(test.output)\(test.errors)")
  }
}

/// Signals to the processes of a group.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: Command.launcher)))
struct GroupInterruptionTests {
  @Test func aSignalToOneProcessStopsAll() throws {
    let tiny = try TinyRun()
    let run = tiny.scratch.file("run")
    let process = Process()
    process.executableURL = URL(filePath: Command.launcher)
    process.environment = ProcessInfo.processInfo.environment.merging([
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      "OMPI_MCA_rmaps_base_oversubscribe": "1",
    ]) { $1 }
    process.arguments = [
      "-np", "2", Command.executable.path(), "train", "--config", tiny.config, "--results-dir", run,
      "-q", "--max-steps", "1000000", "--set", "training.grad_accum_steps=2", "--set",
      "training.sample_every=null",
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    let manifest = "\(run)/checkpoints/0000004.json"
    while !FileManager.default.fileExists(atPath: manifest) {
      try #require(process.isRunning)
      Thread.sleep(forTimeInterval: 0.02)
    }
    let id = process.processIdentifier
    let children = String(
      decoding: try readBytes("/proc/\(id)/task/\(id)/children"), as: UTF8.self)
    let ranks = children.split(separator: " ").compactMap { pid_t($0) }
    try #require(ranks.count == 2)
    kill(ranks[1], SIGUSR1)
    process.waitUntilExit()
    #expect(process.terminationStatus == 75)
  }
}
