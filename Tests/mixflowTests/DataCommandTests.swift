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
    let command = try Command("data", "check", folder.path, "-q")
    #expect(command.code == 1)
    #expect(
      command.errors.hasPrefix("mixflow: error: \(folder.path): 2 images cannot be read:\n"))
    #expect(command.errors.contains(first))
    #expect(command.errors.contains(second))
  }

  @Test func tellsWhatAFolderOfPhotosHolds() throws {
    let folder = try TemporaryFolder()
    let photo = try readBytes(Fixtures.path("jpeg/progressive_420.jpg"))
    for name in ["cat/1.JPG", "cat/2.jpeg", "dog/3.jpg"] { try folder.write(photo, to: name) }
    let image = Image(width: 5, height: 9, channels: 1, pixels: .init(repeating: 1, count: 45))
    try folder.write(try image.pngBytes(), to: "dog/4.png")
    let text = try Command("data", "check", folder.path, "-q")
    #expect(text.code == 0, "\(text.errors)")
    let path = folder.path
    #expect(
      text.output == """
        train: 4 pictures (3 JPEG, 1 gray), 2 classes, 0 unreadable
          width: 5 to 53 pixels, median 53
          height: 9 to 37 pixels, median 37
          cat: 2
          dog: 2
          2 exact copies of other files:
            \(path)/cat/1.JPG = \(path)/cat/2.jpeg = \(path)/dog/3.jpg

        """)
    let bad = try folder.write(photo.prefix(900), to: "cat/5.jpg")
    let json = try Command("data", "check", folder.path, "--json", "-q")
    #expect(json.code == 1)
    #expect(json.errors.hasPrefix("mixflow: error: \(bad): not a readable JPEG image ("))
    let parts = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    let pictures = try #require(parts.first?["pictures"] as? [String: Any])
    #expect(pictures["images"] as? Int == 5 && pictures["jpeg"] as? Int == 4)
    let unreadable = try #require(pictures["unreadable"] as? [[String: String]])
    #expect(unreadable.map { $0["file"] } == [bad])
    #expect((pictures["width"] as? [String: Int])?["median"] == 53)
  }

  @Test func trainsOnPhotosAndLeavesOutBadOnes() throws {
    let folder = try TemporaryFolder()
    for (index, name) in ["baseline_444", "cmyk", "progressive_422", "baseline_gray"].enumerated() {
      let photo = try readBytes(Fixtures.path("jpeg/\(name).jpg"))
      try folder.write(photo, to: "photos/\(index % 2)/\(index).jpg")
    }
    let bad = try folder.write([0xFF, 0xD8], to: "photos/1/5.jpeg")
    let config = try folder.write(
      """
      model: {input_size: 8, in_channels: 3, hidden_size: 16, depth: 1, num_heads: 2, num_classes: 2}
      data: {path: \(folder.file("photos")), flip: true}
      training: {max_steps: 2, batch_size: 5, log_every: 1, sample_every: null}
      """.utf8, to: "run.yaml")
    let strict = try Command("train", "--config", config, "--results-dir", folder.file("a"), "-q")
    #expect(strict.code == 1)
    #expect(strict.errors.contains("\(bad): not a readable JPEG image ("), "\(strict.errors)")
    #expect(strict.errors.contains("data.max_bad_files"))
    let patient = try Command(
      "train", "--config", config, "--results-dir", folder.file("b"), "-q", "--set",
      "data.max_bad_files=1")
    #expect(patient.code == 0)
    #expect(patient.errors.hasPrefix("mixflow: warning: left out \(bad): "), "\(patient.errors)")
    let metrics = try folder.text("b/metrics.jsonl")
    #expect(metrics.contains("\"bad_files\":1") && metrics.contains("\"data_wait\":"))
  }
}
