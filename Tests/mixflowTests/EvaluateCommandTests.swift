import MixFlowImage
import MixFlowTestSupport
import Testing

@Suite struct EvaluateCommandTests {
  private func write(_ count: Int, side: Int, to folder: String, in scratch: TemporaryFolder) throws
  {
    for index in 0..<count {
      let pixels = (0..<side * side).map { UInt8(truncatingIfNeeded: $0 * 7 + index * 31) }
      let image = Image(width: side, height: side, channels: 1, pixels: pixels)
      try scratch.write(try image.pngBytes(), to: "\(folder)/00000\(index).png")
    }
  }

  @Test func namesItsNumbersAndWarnsOfFewImages() throws {
    let scratch = try TemporaryFolder()
    try write(5, side: 8, to: "real/a", in: scratch)
    try write(4, side: 8, to: "fake", in: scratch)
    let command = try Command("evaluate", scratch.file("real"), scratch.file("fake"))
    #expect(command.code == 0, "\(command.errors)")
    #expect(command.output.contains("(97 simple features, 4 images)"))
    #expect(command.errors.contains("note: \(scratch.file("real")) holds 5 images, few"))
    #expect(command.errors.contains("note: \(scratch.file("fake")) holds 4 images, few"))
    let quiet = try Command("evaluate", scratch.file("real"), scratch.file("fake"), "-q")
    #expect(quiet.errors.isEmpty)
  }

  @Test func refusesOneImage() throws {
    let scratch = try TemporaryFolder()
    try write(2, side: 8, to: "real/a", in: scratch)
    try write(1, side: 8, to: "fake", in: scratch)
    let command = try Command("evaluate", scratch.file("real"), scratch.file("fake"), "-q")
    #expect(command.code == 1)
    #expect(
      command.errors == "mixflow: error: \(scratch.file("fake")): holds 1 image; a distance needs "
        + "at least 2, and 500 to be sound\n")
  }

  @Test func refusesImagesOfAnotherSize() throws {
    let scratch = try TemporaryFolder()
    try write(2, side: 8, to: "real/a", in: scratch)
    try write(3, side: 4, to: "fake", in: scratch)
    let command = try Command("evaluate", scratch.file("real"), scratch.file("fake"), "-q")
    #expect(command.code == 1)
    #expect(
      command.errors == "mixflow: error: \(scratch.file("fake"))/000000.png: 4x4 pixels, but "
        + "\(scratch.file("real")) has 8x8; bring all images to one size\n")
  }
}
