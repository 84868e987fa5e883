import ArgumentParser
import Foundation
import MixFlowCheckpoint
import MixFlowTraining

/// `mixflow data subset`.
struct DataSubset: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "subset",
    abstract: "Cut a small data set with equally many images of each class out of a large one.",
    discussion: """
      The images are drawn by the seed; equal inputs give equal files, to the byte. The result is a \
      folder of gzip-compressed IDX files as MNIST has them, and classes.txt where classes have \
      names.

        mixflow data subset --source fashion-mnist --margin 2 --size 16 --per-class 1000 \\
          --test-per-class 200 --out fashion-mnist-16
      """)

  @Option(name: .long, help: "A folder of IDX files or of class folders of PNG files.")
  var source: String

  @Option(name: .long, help: "The folder to write; it must be empty or missing.")
  var out: String

  @Option(name: .long, help: "Training images of each class.")
  var perClass: Int

  @Option(name: .long, help: "Test images of each class; 0 for no test part.")
  var testPerClass = 0

  @Option(
    name: .long, help: "The side to scale down to by area; by default images stay as they are.")
  var size: Int?

  @Option(name: .long, help: "Black pixels to add on each side before scaling.")
  var margin = 0

  @Option(name: .long, help: "The number that chooses the images.")
  var seed = 0

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !out.isEmpty else { throw ValidationError("'--out' is empty; name a folder.") }
    guard perClass > 0 else {
      throw ValidationError("'--per-class' must be positive, got \(perClass).")
    }
    guard testPerClass >= 0, margin >= 0, seed >= 0 else {
      throw ValidationError("'--test-per-class', '--margin' and '--seed' must not be negative.")
    }
    guard (size ?? 1) > 0 else { throw ValidationError("'--size' must be positive.") }
  }

  func run() throws {
    common.apply()
    let manager = FileManager.default
    let present = try? manager.contentsOfDirectory(atPath: out)
    guard present?.isEmpty ?? !manager.fileExists(atPath: out) else {
      throw CheckpointError.unwritable(
        file: out, reason: "exists and is not an empty folder; choose another")
    }
    let recipe = SubsetRecipe(
      margin: margin, size: size, perClass: perClass, testPerClass: testPerClass,
      seed: UInt64(seed))
    let files = try recipe.files(from: source)
    try createFolder(out, option: "--out")
    for file in files { try AtomicFile.write(file.bytes, to: "\(out)/\(file.name)") }
    let bytes = files.reduce(0) { $0 + $1.bytes.count }
    Console(isQuiet: common.quiet).say(
      "\(out): \(files.count) files, \(Description.grouped(bytes)) bytes")
  }
}
