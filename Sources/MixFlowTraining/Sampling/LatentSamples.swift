import Foundation
import MixFlowCheckpoint

/// A file of sampled latents as a model makes them: `labels`, `[N]`, and `latents`, `[N, C, h, w]`.
public enum LatentSamples {
  /// The path of the file in a folder of samples.
  public static func path(in folder: String) -> String { "\(folder)/latents.safetensors" }

  /// Checks that latents may be written to a folder; changes nothing.
  ///
  /// - Parameters:
  ///   - folder: The folder, which may be missing.
  ///   - replaces: Whether older ones may be replaced.
  /// - Throws: ``TrainingError/run(folder:problem:)`` that says how to go on.
  public static func check(folder: String, replaces: Bool) throws {
    guard !replaces, FileManager.default.fileExists(atPath: path(in: folder)) else { return }
    throw TrainingError.run(
      folder: folder,
      problem: "already holds latents.safetensors; choose another folder, or give --overwrite to "
        + "replace it")
  }

  /// Begins a file, to which the latents are then written in the order of the labels.
  ///
  /// - Parameters:
  ///   - path: A file to create or replace.
  ///   - shape: The shape `[C, h, w]` of a latent.
  ///   - labels: The class of each.
  /// - Returns: The open file.
  /// - Throws: `CheckpointError` where it cannot be written.
  public static func stream(
    to path: String, shape: [Int], labels: [Int]
  ) throws(CheckpointError) -> SafeTensorsStream {
    var file = try SafeTensorsStream(
      [("labels", .int64, [labels.count]), ("latents", .float32, [labels.count] + shape)], to: path)
    try file.write(labels)
    return file
  }
}
