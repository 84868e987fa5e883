import Foundation
import MixFlowTestSupport
import Testing

/// Commands that `mpirun` starts in several processes.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: Command.launcher)))
struct DistributedCommandTests {
  private let scratch: TemporaryFolder
  private let config: String

  init() throws {
    let tiny = try TinyRun()
    (scratch, config) = (tiny.scratch, tiny.config)
  }

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
    #expect(two.errors.contains("2 processes, 1 threads in each"), "\(two.errors)")
    #expect(two.errors.ranges(of: "step 8/8").count == 1)
    for name in ["checkpoints/0000008.safetensors", "samples/0000008.png"] {
      #expect(try readBytes("\(alone)/\(name)") == readBytes("\(shared)/\(name)"), "\(name)")
    }
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
