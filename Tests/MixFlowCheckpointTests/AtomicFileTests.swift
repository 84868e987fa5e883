import Foundation
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

@Suite struct AtomicFileTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("note.json")
  }

  @Test func createsAndReplaces() throws {
    try AtomicFile.write("first", to: path)
    #expect(try readBytes(path) == Array("first".utf8))
    try AtomicFile.write([1, 2], to: path)
    #expect(try readBytes(path) == [1, 2])
    try AtomicFile.write("", to: path)
    #expect(try readBytes(path).isEmpty)
    #expect(folder.contents == ["note.json"])
  }

  @Test func anAbandonedFileLeavesNoTrace() throws {
    try AtomicFile.write("old", to: path)
    do {
      var file = try AtomicFile(replacing: path)
      try file.write([1, 2, 3])
      #expect(folder.contents.count == 2)
    }
    #expect(folder.contents == ["note.json"])
    #expect(try readBytes(path) == Array("old".utf8))
  }

  @Test func followsASymbolicLink() throws {
    try AtomicFile.write("old", to: path)
    let link = folder.file("latest")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    try AtomicFile.write("new", to: link)
    #expect(try readBytes(path) == Array("new".utf8))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
  }

  @Test func refusesImpossiblePlaces() throws {
    try AtomicFile.write("old", to: path)
    let places = [
      folder.file("missing/a"), "\(path)/a", folder.path, "/dev/null", "",
      folder.file(String(repeating: "x", count: 300)),
    ]
    for place in places {
      let error = #expect(throws: CheckpointError.self, "\(place)") {
        try AtomicFile.write("new", to: place)
      }
      guard case .unwritable(file: place, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
    #expect(folder.contents == ["note.json"])
  }

  @Test(.enabled(if: SmallDisk.isAvailable, "mounting a tmpfs needs root"))
  func aFullDiskLeavesTheOldFile() throws {
    let disk = try SmallDisk()
    let model = disk.path + "/model.safetensors"
    let old = [(name: "w", value: Tensor(zeros: [1000]))]
    try SafeTensorsWriter.write(old, to: model)
    let bytes = try readBytes(model)

    let large = Tensor(zeros: [1_000_000])
    let error = CheckpointError.unwritable(file: model, reason: "No space left on device")
    #expect(throws: error) { try SafeTensorsWriter.write([(name: "w", value: large)], to: model) }
    #expect(throws: error) {
      try SafeTensorsWriter.write([(name: "w", value: .bfloat16(large))], to: model)
    }
    let samples = disk.path + "/samples.npz"
    let npz = #expect(throws: CheckpointError.self) {
      try NPZWriter.write(
        images: [UInt8](repeating: 0, count: 3_000_000), shape: [3_000_000], to: samples)
    }
    #expect(npz?.description.contains("No space left") == true)

    #expect(try readBytes(model) == bytes)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["model.safetensors"])
  }
}
