import ArgumentParser
import MixFlowCheckpoint
import MixFlowImage
import MixFlowTraining

/// `mixflow grid`.
struct Grid: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put the first images of several folders under each other, to compare them.",
    discussion: """
      Each folder gives one band of rows, in the order of the arguments. Folders drawn with one \
      seed and the same classes show the same noise in each column.

        mixflow grid base-samples post-samples --columns 20 --out compare.png
      """)

  @Argument(help: "Folders of generated PNG files, as 'mixflow sample' writes them.")
  var folders: [String]

  @Option(name: .long, help: "The PNG file to write.")
  var out: String

  @Option(name: .long, help: "Images in a row.")
  var columns = 10

  @Option(name: .long, help: "Rows of each folder.")
  var rows = 1

  @Option(name: .long, help: "The side of the square that each pixel becomes.")
  var scale = 3

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard out.lowercased().hasSuffix(".png") else {
      throw ValidationError("'\(out)' must end in .png.")
    }
    for (name, value) in [("columns", columns), ("rows", rows), ("scale", scale)] {
      guard 1...65_536 ~= value else {
        throw ValidationError("'--\(name)' must be from 1 to 65536, got \(value).")
      }
    }
  }

  func run() throws {
    common.apply()
    for folder in folders where SampleFolder.indices(in: folder).isEmpty {
      throw TrainingError.run(
        folder: folder, problem: "has no images such as 000000.png; write some with mixflow sample")
    }
    let layout = ImageGrid(columns: columns, scale: scale)
    // One image tells whether the sheet is too large, before all are read.
    let first = try Image(pngAt: SampleFolder.file(0, in: folders[0]))
    _ = try layout.size(
      ofTiles: columns * rows * folders.count, width: first.width, height: first.height)
    for folder in folders { try check(folder) }
    let tiles = try folders.flatMap { folder in
      try (0..<columns * rows).map { try Image(pngAt: SampleFolder.file($0, in: folder)) }
    }
    let grid = try layout.image(of: tiles)
    try AtomicFile.write(try grid.pngBytes(), to: out)
    Console(isQuiet: common.quiet).say("\(out): \(grid.width)x\(grid.height) pixels")
  }

  /// Refuses a folder without the first images that the grid shows.
  private func check(_ folder: String) throws {
    let indices = SampleFolder.indices(in: folder)
    let count = zip(indices, 0...).prefix { $0 == $1 }.count
    let wanted = columns * rows
    guard count < wanted else { return }
    let gap = indices.count > count ? ", but not \(SampleFolder.file(count, in: folder))" : ""
    throw TrainingError.run(
      folder: folder,
      problem:
        "holds \(counted(indices.count, "image"))\(gap); the grid needs the first \(wanted), "
        + "so ask for fewer '--columns' or '--rows'")
  }
}
