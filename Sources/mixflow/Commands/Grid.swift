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

  func validate() throws {
    guard columns > 0, rows > 0, scale > 0 else {
      throw ValidationError("'--columns', '--rows' and '--scale' must be positive.")
    }
  }

  func run() throws {
    let tiles = try folders.flatMap { folder in
      try (0..<columns * rows).map { try Image(pngAt: SampleFolder.file($0, in: folder)) }
    }
    let grid = try ImageGrid(columns: columns, scale: scale).image(of: tiles)
    try AtomicFile.write(try grid.pngBytes(), to: out)
  }
}
