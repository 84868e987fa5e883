import Foundation
import MixFlowImage
import MixFlowTestSupport
import MixFlowTraining
import Testing

@Suite struct DatasetFolderTests {
  static func png(_ value: UInt8, side: Int = 4, channels: Int = 1) throws -> [UInt8] {
    let pixels = [UInt8](repeating: value, count: side * side * channels)
    return try Image(width: side, height: side, channels: channels, pixels: pixels).pngBytes()
  }

  static func dataset(channels: Int, names: [String]) -> ImageDataset {
    ImageDataset(
      pixels: (0..<6 * 4 * 4 * channels).map { UInt8(truncatingIfNeeded: $0) }, channels: channels,
      height: 4, width: 4, labels: [0, 1, 2, 2, 1, 0], classNames: names)
  }

  @Test(arguments: [1, 3], [["0", "1", "2"], ["coat", "bag", "shoe"]])
  func writesAndReadsIDXFolders(channels: Int, names: [String]) throws {
    let folder = try TemporaryFolder()
    let dataset = Self.dataset(channels: channels, names: names)
    let files = try dataset.idxFiles(split: .test)
    #expect(files.count == (names[0] == "0" ? 2 : 3))
    for file in files { try folder.write(file.bytes, to: file.name) }
    #expect(try ImageDataset(contentsOf: folder.path, split: .test) == dataset)
    #expect(throws: DataError.self) { try ImageDataset(contentsOf: folder.path, split: .train) }
    let small = try ImageDataset(contentsOf: folder.path, split: .test, size: 2)
    #expect(small == (try dataset.resized(to: 2)))
    #expect(throws: DataError.self) {
      try ImageDataset(contentsOf: folder.path, split: .test, size: 5)
    }
  }

  /// The order is that of `sorted(os.walk(…))`, in which a hyphen comes before the slash of a folder
  /// below.
  @Test func readsFoldersWithinAClassAsTorchvisionDoes() throws {
    let folder = try TemporaryFolder()
    let names = [
      "a/0.png", "a/z.png", "a/10/1.png", "a/2/0.png", "a/2/deep/er/3.png", "a/2-b/0.png",
      "b/only/deep.png",
    ]
    for name in names { try folder.write(try Self.png(1), to: name) }
    try folder.write(try Self.png(1), to: "a/.hidden/0.png")
    try folder.write("text".utf8, to: "a/2/notes.txt")
    let found = try ImageFolder(contentsOf: folder.path, split: .train)
    #expect(
      found.files
        == [
          "a/0.png", "a/z.png", "a/10/1.png", "a/2/0.png", "a/2-b/0.png", "a/2/deep/er/3.png",
          "b/only/deep.png",
        ].map(folder.file))
    #expect(found.labels == [0, 0, 0, 0, 0, 0, 1] && found.classNames == ["a", "b"])
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("b/only/up"), withDestinationPath: folder.file("b"))
    let error = #expect(throws: DataError.self) {
      try ImageFolder(contentsOf: folder.path, split: .train)
    }
    #expect(
      error?.description.hasSuffix(
        "/up: is a folder in 32 others, as a link that leads back up makes them; remove that link")
        == true,
      "\(error?.description ?? "")")
  }

  @Test func refusesLabelsThatDoNotFit() throws {
    let folder = try TemporaryFolder()
    let images = try folder.write(
      IDXFile(dimensions: [2, 1, 1], values: [1, 2]).bytes, to: "train-images-idx3-ubyte")
    let labels = try folder.write(
      IDXFile(dimensions: [3], values: [0, 1, 1]).bytes, to: "train-labels-idx1-ubyte")
    #expect(
      throws: DataError.countMismatch(
        images: images, imageCount: 2, labels: labels, labelCount: 3)
    ) { try ImageDataset(contentsOf: folder.path) }
    try folder.write(IDXFile(dimensions: [2], values: [0, 2]).bytes, to: "train-labels-idx1-ubyte")
    try folder.write(Array("coat\nbag\n".utf8), to: "classes.txt")
    #expect(throws: DataError.labelOutOfRange(file: labels, index: 1, label: 2, classCount: 2)) {
      try ImageDataset(contentsOf: folder.path)
    }
  }

  @Test func refusesArraysThatAreNoImages() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      IDXFile(dimensions: [2, 1, 1, 2], values: [1, 2, 3, 4]).bytes, to: "train-images-idx4-ubyte")
    try folder.write(IDXFile(dimensions: [2], values: [0, 0]).bytes, to: "train-labels-idx1-ubyte")
    let error = #expect(throws: DataError.self) { try ImageDataset(contentsOf: folder.path) }
    #expect(error?.description.hasPrefix(path) == true)
  }

  @Test func readsClassFoldersInSortedOrder() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.png(30), to: "dog/b.PNG")
    try folder.write(Self.png(20), to: "dog/a.png")
    try folder.write(Self.png(10, channels: 3), to: "cat/z.png")
    try folder.write([1], to: "cat/.DS_Store")
    try folder.write([1], to: "cat/notes.txt")
    try folder.write([1], to: ".cache/x.png")
    let dataset = try ImageDataset(contentsOf: folder.path)
    #expect(dataset.classNames == ["cat", "dog"] && dataset.labels == [0, 1, 1])
    #expect(dataset.channels == 3)
    #expect((0..<3).map { dataset.image(at: $0).pixels[0] } == [10, 20, 30])
  }

  @Test func takesTheWantedSplitOfClassFolders() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.png(1), to: "train/cat/a.png")
    #expect(throws: DataError.self) { try ImageDataset(contentsOf: folder.path, split: .test) }
    try folder.write(Self.png(2), to: "test/cat/a.png")
    #expect(try ImageDataset(contentsOf: folder.path, split: .train).pixels[0] == 1)
    #expect(try ImageDataset(contentsOf: folder.path, split: .test).pixels[0] == 2)
  }

  @Test func theTrainingPartNumbersTheClasses() throws {
    let folder = try TemporaryFolder()
    for name in ["ant", "bee", "cat"] { try folder.write(Self.png(1), to: "train/\(name)/a.png") }
    try folder.write(Self.png(2), to: "test/cat/a.png")
    let test = try ImageDataset(contentsOf: folder.path, split: .test)
    #expect(test.classNames == ["ant", "bee", "cat"] && test.labels == [2])
    try folder.write(Self.png(2), to: "test/cow/a.png")
    let error = #expect(throws: DataError.self) {
      try ImageDataset(contentsOf: folder.path, split: .test)
    }
    #expect(
      error?.description == "\(folder.path)/test/cow: is a class that \(folder.path)/train has "
        + "not; add it there, or remove it")
  }

  @Test func namesBothImagesThatDifferInSize() throws {
    let folder = try TemporaryFolder()
    let first = try folder.write(Self.png(1), to: "cat/a.png")
    let second = try folder.write(Self.png(1, side: 6), to: "dog/b.png")
    #expect(
      throws: DataError.sizeMismatch(file: second, found: [6, 6], first: first, expected: [4, 4])
    ) { try ImageDataset(contentsOf: folder.path) }
    #expect(try ImageDataset(contentsOf: folder.path, size: 2).width == 2)
    #expect(throws: DataError.cannotResize(file: first, found: [4, 4], size: 5)) {
      try ImageDataset(contentsOf: folder.path, size: 5)
    }
    #expect(throws: DataError.tooLarge(file: second, bytes: 8, limit: 7)) {
      try ImageDataset(contentsOf: folder.path, size: 2, byteLimit: 7)
    }
  }

  @Test func saysWhatAFolderLacks() throws {
    let folder = try TemporaryFolder()
    #expect(throws: DataError.self) { try ImageDataset(contentsOf: folder.path + "/none") }
    let empty = #expect(throws: DataError.self) { try ImageDataset(contentsOf: folder.path) }
    #expect(empty?.description.contains("a sub-folder of PNG or JPEG files for each class") == true)
    let path = try folder.write([1], to: "cat/a.webp")
    let photo = #expect(throws: DataError.self) { try ImageDataset(contentsOf: folder.path) }
    #expect(
      photo?.description == "\(path): is no PNG or JPEG file; convert the images to PNG or JPEG")
    try FileManager.default.removeItem(atPath: path)
    #expect(
      throws: DataError.nothingFound(folder: folder.path + "/cat", expected: "PNG or JPEG files")
    ) { try ImageDataset(contentsOf: folder.path) }
    let damaged = try folder.write([1, 2, 3], to: "cat/a.png")
    let error = #expect(throws: ImageError.self) { try ImageDataset(contentsOf: folder.path) }
    #expect(error?.description.hasPrefix(damaged) == true)
  }

  @Test func cutsASubsetOutOfAFolder() throws {
    let source = try TemporaryFolder()
    for split in DataSplit.allCases {
      let names = ["coat", "bag", "shoe"]
      for file in try Self.dataset(channels: 1, names: names).idxFiles(split: split) {
        try source.write(file.bytes, to: file.name)
      }
    }
    let recipe = SubsetRecipe(margin: 1, size: 3, perClass: 2, testPerClass: 1, seed: 4)
    let files = try recipe.files(from: source.path)
    #expect(files.map(\.name).count == Set(files.map(\.name)).count && files.count == 5)
    let target = try TemporaryFolder()
    for file in files { try target.write(file.bytes, to: file.name) }
    let train = try ImageDataset(contentsOf: target.path)
    #expect(train.labels == [0, 1, 2, 2, 1, 0] && train.width == 3)
    #expect(train.classNames == ["coat", "bag", "shoe"])
    #expect(try ImageDataset(contentsOf: target.path, split: .test).labels.sorted() == [0, 1, 2])
    var tooMany = recipe
    tooMany.testPerClass = 3
    #expect(throws: DataError.tooFew(className: "coat", found: 2, wanted: 3)) {
      try tooMany.files(from: source.path)
    }
  }
}
