import MixFlowImage
import MixFlowTensor
import MixFlowTestSupport
import MixFlowTraining
import Testing

/// Pictures of any size, decoded when they are needed.
@Suite struct PictureDatasetTests {
  @Test(arguments: [true, false])
  func cutsPicturesOfAnySize(inMemory: Bool) throws {
    let photos = try PhotoFolder(count: 11)
    let data = try photos.open(side: 12, inMemory: inMemory)
    #expect(data.isInMemory == inMemory)
    #expect([data.count, data.classCount, data.channels, data.height] == [11, 2, 3, 12])
    #expect((data.skippedFiles == nil) && data.preparedCount == (inMemory ? 0 : 1024))
    for (index, file) in data.folder.files.enumerated() {
      let square = try Image(contentsOf: file).centreCropped(to: 12).rgb
      for isFlipped in [false, true] {
        let expected = isFlipped ? square.mirrored : square
        #expect(try data.picture(at: index, flipped: isFlipped) == expected)
        let values = (0..<3 * 144).map { place in
          Float(expected.pixels[place % 144 * 3 + place / 144]) / 127.5 - 1
        }
        #expect(try data.normalised(index, flipped: isFlipped) == values)
      }
      #expect(data.label(at: index) == (index < 5 ? 0 : 1))
    }
  }

  @Test(arguments: [true, false])
  func takesTheNextFileInPlaceOfABadOne(inMemory: Bool) throws {
    let photos = try PhotoFolder(count: 10, bad: [3, 4, 9])
    let data = try photos.open(inMemory: inMemory, maxBadFiles: 3)
    let files = data.folder.files
    for (index, source) in [(4, 5), (9, 0), (3, 5), (2, 2)] {
      #expect(
        try data.normalised(index)
          == data.normalised(source, flipped: false), "\(index)")
      #expect(
        try data.picture(at: index, flipped: false)
          == Image(contentsOf: files[source]).centreCropped(to: 8).rgb)
      #expect(data.label(at: index) == (source < 5 ? 0 : 1), "\(index)")
    }
    let skipped = try #require(data.skippedFiles)
    #expect(skipped.map(\.file).sorted() == [files[3], files[4], files[9]])
    #expect(skipped.allSatisfy { $0.reason.hasPrefix($0.file + ": not a readable JPEG image (") })
  }

  @Test func stopsAtTheFirstBadFileTooMany() throws {
    let photos = try PhotoFolder(count: 10, bad: [3, 9])
    for limit in [0, 1] {
      #expect(throws: DataError.self) { try photos.open(inMemory: true, maxBadFiles: limit) }
    }
    let strict = try photos.open()
    let file = strict.folder.files[3]
    let error = #expect(throws: DataError.self) { try strict.normalised(3) }
    #expect(error?.description.hasPrefix("\(file): not a readable JPEG image (") == true)
    #expect(error?.description.contains("data.max_bad_files") == true)
    let patient = try photos.open(maxBadFiles: 1)
    _ = try patient.normalised(3)
    _ = try patient.normalised(3)
    let second = #expect(throws: DataError.self) { try patient.normalised(9) }
    #expect(
      second?.description.hasPrefix(
        "2 files cannot be read, which is more than data.max_bad_files, 1; the last: ") == true)
  }

  @Test func knowsOtherContentsByTheirHash() throws {
    let photos = try PhotoFolder(count: 8)
    let hash = try photos.open().fingerprint
    #expect(try photos.open().fingerprint == hash)
    #expect(try photos.open(side: 9).fingerprint != hash)
    #expect(try photos.open(inMemory: true).fingerprint != hash)
    let file = try photos.open().folder.files[0]
    try writeBytes(try readBytes(file).dropLast() + [99], to: file)
    #expect(try photos.open().fingerprint != hash)
  }

  @Test func refusesColoursForAGrayModel() throws {
    let folder = try TemporaryFolder()
    let gray = Image(width: 4, height: 4, channels: 1, pixels: .init(repeating: 7, count: 16))
    try folder.write(try gray.pngBytes(), to: "a/1.png")
    let coloured = try folder.write(try gray.rgb.pngBytes(), to: "a/2.png")
    let files = try ImageFolder(contentsOf: folder.path, split: .train)
    let data = try PictureDataset(files, side: 4, channels: 1, memoryLimit: 0)
    #expect(data.channels == 1)
    #expect(try data.picture(at: 0, flipped: false) == gray)
    let error = #expect(throws: DataError.self) { try data.normalised(1) }
    #expect(error?.description.hasPrefix("\(coloured): has colours") == true)
  }

  /// Batches from any cursor, with any announcements and a bad file, have the same bits.
  @Test func threadsAndInterruptionsChangeNoBit() throws {
    let photos = try PhotoFolder(count: 13, bad: [2, 7])
    let expected = try batches(photos.open(inMemory: true, maxBadFiles: 2), from: 0)
    let threads = Parallelism.threads
    defer { Parallelism.threads = threads }
    for count in [1, 4] {
      Parallelism.threads = count
      for first in [0, 3, 6] {
        let data = try photos.open(maxBadFiles: 2)
        #expect(try batches(data, from: first) == Array(expected[first...]))
        #expect(data.skippedFiles?.count == 2)
      }
    }
  }

  private func batches(_ data: PictureDataset, from first: Int) throws -> [[Float]] {
    var maker = BatchMaker(
      data: data, objective: try RunConfiguration().trainingObjective(),
      labelDropout: LabelDropout(probability: 0.1, nullClass: 2), flips: true, seed: 4)
    return try (first..<12).map { step in
      maker.prepare((step...).lazy.map { $0 * 5..<$0 * 5 + 5 })
      let batch = try maker.batch(at: step * 5, count: 5)
      return batch.input.array + batch.labels.map(Float.init)
    }
  }
}
