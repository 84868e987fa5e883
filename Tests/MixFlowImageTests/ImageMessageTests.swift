import Foundation
import MixFlowImage
import MixFlowTestSupport
import Testing

/// What is said of images that cannot be read, written or combined; `Tests/Messages` has the words.
@Suite struct ImageMessageTests {
  @Test func everyCase() throws {
    let errors: [ImageError] = [
      .unreadable(file: "a.png", reason: "no such file"),
      .invalid(file: "a.png", reason: "Not a PNG file"),
      .invalidJPEG(file: "a.jpg", reason: "Premature end of JPEG file"),
      .unknownFormat(file: "a.gif"), .tooLarge(file: "a.png", width: 9, height: 8, limit: 7),
      .encoding(reason: "too wide"), .tileSize(index: 3, found: [4, 5], expected: [6, 7]),
      .gridTooLarge(columns: 2, rows: 3, tile: [4, 5], limit: 6),
      .enlargement(from: [2, 3], to: [4, 5]),
    ]
    try MessageTable("image-errors").expect(errors)
  }

  @Test func files() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.file("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    let huge = try folder.write([], to: "huge.png")
    try #require(truncate(huge, 1 << 31) == 0)
    let text = try folder.write("text".utf8, to: "text.png")
    let line = Image(
      width: 65_536, height: 1, channels: 1, pixels: [UInt8](repeating: 0, count: 65_536))
    let cases: [(String, () throws -> Void)] = [
      ("nothing there", { _ = try Image(contentsOf: folder.file("none.png")) }),
      ("a folder", { _ = try Image(contentsOf: folder.path) }),
      ("a pipe", { _ = try Image(contentsOf: pipe) }),
      ("a large file", { _ = try Image(contentsOf: huge) }),
      ("text", { _ = try Image(contentsOf: text) }),
      ("bytes of neither", { _ = try Image(bytes: [1, 2, 3]) }),
      ("bytes of no PNG", { _ = try Image(pngBytes: [1, 2, 3]) }),
      ("a long line, enlarged", { _ = try line.centreCropped(to: 256) }),
    ]
    try MessageTable("image-files").expect(
      cases.map { ($0.0, message($0.1) ?? "is read") },
      replacing: [
        pipe: "PIPE", huge: "HUGE", text: "TEXT", folder.path: "FOLDER",
      ])
  }
}
