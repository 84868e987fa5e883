import ArgumentParser
import MixFlowTraining

/// The options that say where samples go, and what becomes of older ones.
struct SampleOutput: ParsableArguments {
  @Option(name: .long, help: "The folder for the images.")
  var out: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file (safetensors or PyTorch) of the autoencoder of a model of latents; once for each file.",
      valueName: "file"))
  var autoencoder: [String] = []

  @Flag(name: .long, help: "Write latents.safetensors (latents and labels) instead of images.")
  var latents = false

  @Option(name: .long, help: "Images in a row of the grid; by default it is a square.")
  var columns: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The archive of all images of the folder, such as upstream's FOLDER.npz; by default "
        + "samples.npz in it. It is written last, after '--resume' too, an image at a time."))
  var npz: String?

  @Flag(name: .long, help: "Replace images that the folder already holds.")
  var overwrite = false

  @Flag(
    name: .long,
    help: ArgumentHelp(
      "Go on with an interrupted run of the same options: draw the images alone that are missing."))
  var resume = false

  func validate() throws {
    guard !out.isEmpty else { throw ValidationError("'--out' is empty; name a folder.") }
    guard npz?.lowercased().hasSuffix(".npz") ?? true else {
      throw ValidationError("'--npz \(npz ?? "")' must end in .npz.")
    }
    guard 1...65_536 ~= columns ?? 1 else {
      throw ValidationError("'--columns' must be from 1 to 65536, got \(columns ?? 0).")
    }
    guard !resume || !overwrite else {
      throw ValidationError("'--resume' keeps images and '--overwrite' replaces them; give one.")
    }
    guard !latents || (autoencoder.isEmpty && columns == nil && npz == nil) else {
      throw ValidationError("'--latents' takes no '--autoencoder', '--columns' or '--npz'.")
    }
    guard !latents || !resume else {
      throw ValidationError(
        "'--latents' writes one file, whole or not at all, and cannot '--resume' one.")
    }
  }

  /// What images mean that the folder already holds.
  ///
  /// - Parameter isPart: Whether the samples begin at an index that was asked for.
  /// - Returns: Whether they are refused, kept or replaced.
  func policy(isPart: Bool) -> SampleFolder.Policy {
    if resume { return .resume }
    return isPart ? (overwrite ? .rewrite : .extend) : (overwrite ? .replace : .fresh)
  }
}
