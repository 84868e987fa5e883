import ArgumentParser
import MixFlowCheckpoint
import MixFlowTraining

/// `mixflow inspect`.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell what a checkpoint is, and whether it is whole and finite.",
    discussion: """
      Reads the file tensor by tensor: its kind (a model, a training checkpoint, an autoencoder or a \
      part of one, cached or sampled latents), the model's sizes, the training step, what the \
      training program was called with, and of each set of tensors the types, norm, least and \
      greatest element. Of NumPy files it tells the arrays. Exits with 1 when the file is malformed, \
      is not the whole model, or holds NaN or infinite values.

        mixflow inspect runs/base/checkpoints/0012000.safetensors
        mixflow inspect SiT-XL-2-256x256.pt --tensors --json
        mixflow inspect samples/samples.npz

      A checkpoint of a run has a manifest beside it with the checksum (CRC-32C) of each tensor as it \
      was written; --verify compares them and tells the first tensor that has other bytes.

        mixflow inspect runs/base/checkpoints/0012000.safetensors --verify
      """)

  @Argument(help: "A safetensors, PyTorch or NumPy file.")
  var file: String

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  @Flag(name: .long, help: "List every tensor.")
  var tensors = false

  @Flag(name: .long, help: "Compare the bytes with the checksums of the run's manifest.")
  var verify = false

  @OptionGroup var heads: HeadsOption

  @OptionGroup var common: CommonOptions

  func run() throws {
    common.apply()
    if verify { return try checkBytes() }
    if let report = try ArrayReport(contentsOf: file) {
      return try StandardStream.print(json ? try prettyJSON(report) : report.text)
    }
    let report = try CheckpointReport(contentsOf: file, heads: heads.heads, listsTensors: tensors)
    if let model = report.model { try heads.check(model, in: file) }
    try StandardStream.print(json ? try prettyJSON(report) : report.text)
    guard report.problems.isEmpty else {
      throw UnusableCheckpoint(file: file, problems: report.problems)
    }
  }

  private func checkBytes() throws {
    let checkpoint = try SafeTensorsFile(contentsOf: file)
    guard let checksums = try CheckpointFolder.manifest(besides: file).checksums else { return }
    try checkpoint.verify(checksums)
    let count = checksums.tensors.count
    try StandardStream.print(
      json ? try prettyJSON(["verified": count]) : "\(file): all \(count) tensors as written")
  }
}

/// A checkpoint that was read and found wanting.
private struct UnusableCheckpoint: Error, CustomStringConvertible {
  let file: String
  let problems: [String]

  var description: String {
    let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
    return "\(file): \(problems.first ?? "")\(more)"
  }
}
