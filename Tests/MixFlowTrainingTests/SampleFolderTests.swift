import MixFlowTestSupport
import MixFlowTraining
import Testing

@Suite struct SampleFolderTests {
  @Test(arguments: [
    (0, "000000"), (17, "000017"), (1_234_567, "1234567"), (1 << 31, "2147483648"),
    (Int.max, "9223372036854775807"),
  ])
  func namesSamples(index: Int, name: String) {
    #expect(SampleFolder.file(index, in: "a") == "a/\(name).png")
  }

  @Test func cutsBatchesAroundWhatIsThere() {
    #expect(SampleFolder.batches(of: 2..<9, size: 3) == [2..<5, 5..<8, 8..<9])
    #expect(
      SampleFolder.batches(of: 2..<9, size: 3, without: [0, 3, 8, 9]) == [2..<3, 4..<7, 7..<8])
    #expect(SampleFolder.batches(of: 0..<2, size: 3, without: [0, 1]).isEmpty)
    #expect(
      SampleFolder.batches(of: 0..<6, size: 2, without: [0, 1, 2], whole: true) == [2..<4, 4..<6])
  }

  @Test func findsItsSamplesAlone() throws {
    let folder = try TemporaryFolder()
    for name in [
      "000012.png", "1234567.png", "000003.png", "7.png", "grid.png", "000004.txt", "-00001.png",
      "000005.png.tmp",
    ] {
      try folder.write([1], to: name)
    }
    #expect(SampleFolder.indices(in: folder.path) == [3, 12, 1_234_567])
    #expect(SampleFolder.indices(in: folder.path + "/none").isEmpty)
  }
}
