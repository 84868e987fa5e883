import Foundation
import MixFlowCheckpoint
import MixFlowTensor
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
      run.errors.contains(
        "'mixflow doctor' does not share its work, and 2 processes were started; start one."),
      "\(run.errors)")
    let latents = try Command(
      processes: 2,
      ["sample", "--ckpt", "a.pt", "--latents", "--out", scratch.file("latents")])
    #expect(
      latents.errors.contains("'--latents' writes one file; start one process."),
      "\(latents.errors)")
  }

  @Test func oneErrorIsSeenOnce() throws {
    let run = try Command(
      processes: 2, ["train", "--config", scratch.file("none.yaml"), "--results-dir", "x"])
    #expect(run.code != 0)
    #expect(run.errors.ranges(of: "none.yaml").count == 1, "\(run.errors)")
  }

  /// A file that one process alone reads, and that is broken.
  @Test func anErrorOfOneProcessStopsAll() throws {
    let repa = try REPAFolder()
    let config = try repa.folder.write(
      """
      model: {type: REPA, input_size: 4, hidden_size: 16, depth: 2, num_heads: 2, num_classes: 2,
        encoder_depth: 1, z_dims: [64], projector_dim: 24}
      data: {path: \(repa.path)}
      training: {max_steps: 1, batch_size: 6, proj_coeff: 0, sample_every: null}
      """.utf8, to: "run.yaml")
    // Of a step's six samples three are of the second process; which, the seed says.
    var ranks: Set<Bool> = []
    for index in 0..<6 where ranks.count < 2 {
      let file = repa.folder.file(REPAFolder.latent(index))
      try NumPyArray(Tensor(repeating: .nan, shape: [8, 4, 4])).write(to: file)
      let run = try Command(
        processes: 2,
        ["train", "--config", config, "--results-dir", repa.folder.file("run-\(index)"), "-q"])
      try NumPyArray(repa.moments[index]).write(to: file)
      #expect(run.code == 1)
      let told = "mixflow: error: \(file): holds NaN or infinite values; encode the image again\n"
      #expect(run.errors.ranges(of: told).count == 1, "\(run.errors)")
      #expect(run.errors.ranges(of: "mixflow: error: ").count == 1, "\(run.errors)")
      ranks.insert(run.errors.contains("rank 1: " + told))
    }
    #expect(ranks.contains(true))
  }

  @Test func oneProcessPrintsWhatEachWouldTake() throws {
    let run = try Command(processes: 2, ["train", "--config", config, "--dry-run"])
    #expect(run.code == 0, "\(run.errors)")
    let line = "# processes   2, each with 4 samples of a step's 8, in 1 piece\n"
    #expect(run.output.ranges(of: line).count == 1, "\(run.output)")
  }

  @Test func aMissingLibraryIsNamed() throws {
    let run = try Command(
      processes: 2, ["train", "--config", config, "--results-dir", scratch.file("run")],
      environment: ["MIXFLOW_MPI": "libnothing.so"])
    #expect(run.code == 1)
    #expect(run.errors.contains("no MPI library can be used (libnothing.so"), "\(run.errors)")
  }
}
