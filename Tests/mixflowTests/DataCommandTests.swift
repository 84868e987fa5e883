import Foundation
import MixFlowImage
import MixFlowTestSupport
import MixFlowTraining
import Testing

@Suite struct DataCommandTests {
  /// Writes class folders of PNG files, `count` of each class, of `side` pixels.
  private func classes(
    _ names: [String], count: Int, side: Int, in folder: TemporaryFolder
  ) throws {
    for (label, name) in names.enumerated() {
      for index in 0..<count {
        let pixels = (0..<side * side).map { UInt8(($0 * 7 + index * 31 + label * 101) % 256) }
        let image = Image(width: side, height: side, channels: 1, pixels: pixels)
        _ = try folder.write(try image.pngBytes(), to: "train/\(name)/\(index).png")
        _ = try folder.write(try image.pngBytes(), to: "test/\(name)/\(index).png")
      }
    }
  }

  @Test func cutsTheSameSubsetTwice() throws {
    let source = try TemporaryFolder()
    try classes(["cat", "dog"], count: 9, side: 8, in: source)
    let results = try TemporaryFolder()
    for name in ["a", "b"] {
      let command = try Command(
        "data", "subset", "--source", source.path, "--per-class", "4", "--test-per-class", "2",
        "--size", "4", "--seed", "3", "--out", "\(results.path)/\(name)", "--quiet")
      #expect(command.code == 0, "\(command.errors)")
      #expect(command.errors.isEmpty)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(results.path)/a").sorted()
    #expect(
      names == [
        "classes.txt", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
        "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
      ])
    for name in names {
      #expect(
        FileManager.default.contentsEqual(
          atPath: "\(results.path)/a/\(name)", andPath: "\(results.path)/b/\(name)"))
    }
    let check = try Command("data", "check", "\(results.path)/a")
    #expect(check.code == 0)
    let data = try ImageDataset(contentsOf: "\(results.path)/a")
    let lines = check.output.split(separator: "\n")
    #expect(
      lines.first == """
        train: 8 images, 4x4 gray, 2 classes, fingerprint \(String(data.fingerprint, radix: 16))
        """)
    #expect(lines.dropFirst().prefix(2) == ["  cat: 4", "  dog: 4"])
    #expect(lines.count == 6)
  }

  @Test func keepsAFolderThatIsNotEmpty() throws {
    let folder = try TemporaryFolder()
    try classes(["cat"], count: 2, side: 4, in: folder)
    let command = try Command(
      "data", "subset", "--source", folder.path, "--per-class", "1", "--out", folder.path)
    #expect(command.code == 1)
    #expect(
      command.errors == """
        mixflow: error: \(folder.path): cannot be written: exists and is not an empty folder; \
        choose another\n
        """)
  }

  @Test func namesEveryUnreadableImage() throws {
    let folder = try TemporaryFolder()
    try classes(["cat", "dog"], count: 3, side: 4, in: folder)
    let first = try folder.write("no image".utf8, to: "train/cat/1.png")
    let second = try folder.write([], to: "train/dog/2.png")
    let command = try Command("data", "check", folder.path)
    #expect(command.code == 1)
    #expect(
      command.errors.hasPrefix("mixflow: error: \(folder.path): 2 images cannot be read:\n"))
    #expect(command.errors.contains(first))
    #expect(command.errors.contains(second))
  }
}
