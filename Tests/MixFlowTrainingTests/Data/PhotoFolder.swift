import MixFlowImage
import MixFlowTestSupport
import MixFlowTraining

/// A folder of two classes with JPEG and PNG files of different sizes.
struct PhotoFolder {
  let scratch: TemporaryFolder
  var path: String { scratch.file("photos") }

  /// Writes `count` files, those of `bad` without a picture in them.
  init(count: Int, bad: Set<Int> = []) throws {
    scratch = try TemporaryFolder()
    let names = ["baseline_444", "progressive_420", "cmyk", "restarts", "rotated_exif"]
    for index in 0..<count {
      let name = "photos/\(index < count / 2 ? "cats" : "dogs")/\(100 + index)"
      if bad.contains(index) {
        try scratch.write([0xFF, 0xD8, 1, 2], to: name + ".JPG")
      } else if index % 3 == 2 {
        let (width, height) = (9 + index, 17)
        let pixels = (0..<width * height).map { UInt8(truncatingIfNeeded: $0 * (3 + index)) }
        let image = Image(width: width, height: height, channels: 1, pixels: pixels)
        try scratch.write(try image.pngBytes(), to: name + ".png")
      } else {
        let bytes = try readBytes(Fixtures.path("jpeg/\(names[index % names.count]).jpg"))
        // Bytes behind the end make each file another.
        try scratch.write(bytes + [UInt8(truncatingIfNeeded: index)], to: name + ".JPG")
      }
    }
  }

  /// Opens the folder, decoding on demand unless it shall be in memory.
  func open(
    side: Int = 8, inMemory: Bool = false, maxBadFiles: Int = 0
  ) throws -> PictureDataset {
    try PictureDataset(
      ImageFolder(contentsOf: path, split: .train), side: side, channels: 3,
      maxBadFiles: maxBadFiles, memoryLimit: inMemory ? PictureDataset.memoryLimit : 0)
  }
}
