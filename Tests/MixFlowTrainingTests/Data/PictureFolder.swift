import MixFlowImage
import MixFlowTestSupport

/// Two classes, `cats` and `dogs`, of two pictures each.
struct PictureFolder {
  let scratch: TemporaryFolder
  let pictures: [Image]
  var path: String { scratch.file("pictures") }

  init(side: Int) throws {
    scratch = try TemporaryFolder()
    pictures = (0..<4).map { index in
      Image(
        width: side, height: side, channels: 3,
        pixels: (0..<side * side * 3).map {
          UInt8(truncatingIfNeeded: $0 * (5 + 2 * index) + index * 40)
        })
    }
    for (index, picture) in pictures.enumerated() {
      try scratch.write(
        try picture.pngBytes(), to: "pictures/\(index < 2 ? "cats" : "dogs")/\(index).png")
    }
  }
}
