import ArgumentParser
import MixFlowModels
import MixFlowTraining

/// The option of commands that read a file which may not tell its number of heads.
struct HeadsOption: ParsableArguments {
  @Option(name: .long, help: "The number of heads, for a bare file of an unusual width.")
  var heads: Int?

  func validate() throws {
    guard (heads ?? 1) > 0 else { throw ValidationError("'--heads' must be positive.") }
  }

  /// Throws where the option contradicts what the file says.
  func check(_ model: ModelConfiguration, in file: String) throws {
    let found = ModelSection(model).numHeads.encoder
    guard let heads, heads != found else { return }
    throw ValidationError(
      "'--heads \(heads)' contradicts \(file), which has \(found) heads; leave the option out.")
  }
}
