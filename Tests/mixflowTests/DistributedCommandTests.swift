import Foundation
import MixFlowTestSupport
import Testing

/// Commands that `mpirun` starts in several processes.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: Command.launcher)))
struct DistributedCommandTests {
  private let tiny: TinyRun
  private var scratch: TemporaryFolder { tiny.scratch }
  private var config: String { tiny.config }

  init() throws { tiny = try TinyRun() }

  @Test func trainsAsOneProcessDoes() throws {
    let (alone, shared) = (scratch.file("alone"), scratch.file("shared"))
    let arguments = [
      "train", "--config", config, "--set", "training.grad_accum_steps=2", "--set",
      "distributed.deterministic=true", "--results-dir",
    ]
    let one = try Command(arguments: arguments + [alone])
    #expect(one.code == 0, "\(one.errors)")
    let two = try Command(processes: 2, arguments + [shared])
    #expect(two.code == 0, "\(two.errors)")
    #expect(two.errors.contains("2 processes, 1 thread in each"), "\(two.errors)")
    #expect(two.errors.ranges(of: "step 8/8").count == 1)
    for name in ["checkpoints/0000008.safetensors", "samples/0000008.png"] {
      #expect(try readBytes("\(alone)/\(name)") == readBytes("\(shared)/\(name)"), "\(name)")
    }
  }

  @Test func samplesAndEvaluatesAsOneProcessDoes() throws {
    let checkpoint = try tiny.checkpoint()
    let (alone, shared) = (scratch.file("alone"), scratch.file("shared"))
    let arguments = [
      "sample", "--ckpt", checkpoint, "--num", "7", "--batch-size", "2", "--cfg-scale", "1.5",
      "--out",
    ]
    #expect(try Command(arguments: arguments + [alone]).code == 0)
    let three = try Command(processes: 3, arguments + [shared])
    #expect(three.code == 0, "\(three.errors)")
    for name in ["000000.png", "000006.png", "grid.png", "samples.json"] {
      #expect(try readBytes("\(alone)/\(name)") == readBytes("\(shared)/\(name)"), "\(name)")
    }
    let rest = try Command(
      processes: 2, arguments + [shared, "--resume", "--num", "9"])
    #expect(rest.code == 0 && rest.errors.contains("2 images, 9 with older ones"), "\(rest.errors)")

    let evaluate = ["evaluate", scratch.file("data"), alone]
    let one = try Command(arguments: evaluate)
    #expect(one.code == 0, "\(one.errors)")
    let two = try Command(processes: 2, evaluate)
    #expect(two.code == 0 && two.output == one.output, "\(two.errors)")
  }

  @Test func otherCommandsAreForOneProcess() throws {
    let run = try Command(processes: 2, ["doctor"])
    #expect(run.code == 64)
    #expect(
      run.errors.contains("'mixflow doctor' does not share its work, and 2 processes were started"),
      "\(run.errors)")
  }

  @Test func oneErrorIsSeenOnce() throws {
    let run = try Command(
      processes: 2, ["train", "--config", scratch.file("none.yaml"), "--results-dir", "x"])
    #expect(run.code != 0)
    #expect(run.errors.ranges(of: "none.yaml").count == 1, "\(run.errors)")
  }

  @Test func aMissingLibraryIsNamed() throws {
    let run = try Command(
      processes: 2, ["train", "--config", config, "--results-dir", scratch.file("run")],
      environment: ["MIXFLOW_MPI": "libnothing.so"])
    #expect(run.code == 1)
    #expect(run.errors.contains("no MPI library can be used (libnothing.so"), "\(run.errors)")
  }
}
