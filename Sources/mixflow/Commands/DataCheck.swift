import ArgumentParser
import Foundation
import MixFlowTraining
import Synchronization

/// `mixflow data check`.
struct DataCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read a data set whole and tell what is in it.",
    discussion: """
      Of a folder of pictures it prints, for the training and the test part, the number of files, the \
      least, middle and greatest sizes, the pictures of each class, files that are exact copies of each \
      other, and by name and reason those that cannot be read; it exits with 1 when there are any of \
      the last. Of IDX files it prints number, size, classes and the fingerprint that checkpoints \
      remember; of latents what they say of themselves.

        mixflow data check photos
        mixflow data check data/fashion-mnist-16
        mixflow data check latents.safetensors
      """)

  @Argument(
    help: "A folder of IDX files or of class folders of PNG or JPEG files, or a file of latents.")
  var folder: String

  @Option(name: .long, help: "The side to scale IDX images down to, as data.resize does.")
  var resize: Int?

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (resize ?? 1) > 0 else { throw ValidationError("'--resize' must be positive.") }
  }

  func run() throws {
    common.apply()
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
    if isThere, try !isFolder.boolValue || LatentShards(folder: folder) != nil {
      let latents = try LatentReport(contentsOf: folder)
      return try StandardStream.print(json ? try prettyJSON(latents) : latents.text)
    }
    if ImageDataset.hasIDXFiles(in: folder) {
      try print(try parts { DataPart($0, try dataset($0)) }, text: \.text)
    } else {
      let parts = try parts { PicturePart($0, try survey($0)) }
      try print(parts, text: \.text)
      let bad = parts.flatMap(\.pictures.unreadable)
      guard bad.isEmpty else {
        throw UnreadableImages(folder: folder, reasons: bad.map(\.reason))
      }
    }
  }

  /// Makes the report of each part that there is.
  private func parts<Part>(_ make: (DataSplit) throws -> Part) throws -> [Part] {
    try DataSplit.allCases.compactMap { split in
      do {
        return try make(split)
      } catch DataError.nothingFound where split == .test {
        return nil
      }
    }
  }

  private func dataset(_ split: DataSplit) throws -> ImageDataset {
    try ImageDataset(contentsOf: folder, split: split, size: resize)
  }

  private func survey(_ split: DataSplit) throws -> PictureSurvey {
    let files = try ImageFolder(contentsOf: folder, split: split)
    let progress = Mutex(
      ProgressLine(total: files.files.count, unit: "\(split) pictures", isQuiet: common.quiet))
    return PictureSurvey(files) { progress.withLock { $0.advance(by: 1) } }
  }

  private func print<Part: Encodable>(_ parts: [Part], text: (Part) -> String) throws {
    try StandardStream.print(
      json ? try prettyJSON(parts) : parts.map(text).joined(separator: "\n"))
  }
}

/// What `mixflow data check` tells of one part of IDX files.
private struct DataPart: Encodable {
  let split: String
  let images: Int
  let width: Int
  let height: Int
  let channels: Int
  let fingerprint: String
  let classes: [ClassCount]

  struct ClassCount: Encodable {
    let name: String
    let images: Int
  }

  init(_ split: DataSplit, _ dataset: ImageDataset) {
    var counts = [Int](repeating: 0, count: dataset.classCount)
    for label in dataset.labels { counts[label] += 1 }
    self.split = split.rawValue
    images = dataset.count
    width = dataset.width
    height = dataset.height
    channels = dataset.channels
    fingerprint = String(dataset.fingerprint, radix: 16)
    classes = zip(dataset.classNames, counts).map { ClassCount(name: $0, images: $1) }
  }

  var text: String {
    let kind = channels == 1 ? "gray" : "RGB"
    let head = """
      \(split): \(images) images, \(width)x\(height) \(kind), \(classes.count) classes, \
      fingerprint \(fingerprint)
      """
    return ([head] + classes.map { "  \($0.name): \($0.images)" }).joined(separator: "\n")
  }
}

/// What `mixflow data check` tells of one part of a folder of pictures.
private struct PicturePart: Encodable {
  let split: String
  let pictures: PictureSurvey

  init(_ split: DataSplit, _ pictures: PictureSurvey) {
    self.split = split.rawValue
    self.pictures = pictures
  }

  /// The groups of copies that are shown to a person.
  private static let shownGroups = 20

  var text: String {
    var lines = [
      "\(split): \(pictures.images) pictures (\(pictures.jpeg) JPEG, \(pictures.gray) gray), "
        + "\(pictures.classes.count) classes, \(pictures.unreadable.count) unreadable"
    ]
    for (name, spread) in [("width", pictures.width), ("height", pictures.height)] {
      guard let spread else { continue }
      lines.append(
        "  \(name): \(spread.minimum) to \(spread.maximum) pixels, median \(spread.median)")
    }
    lines += pictures.classes.map { "  \($0.name): \($0.images)" }
    let groups = pictures.duplicates
    if !groups.isEmpty {
      let copies = groups.reduce(0) { $0 + $1.count - 1 }
      lines.append("  \(copies) exact copies of other files:")
      lines += groups.prefix(Self.shownGroups).map { "    \($0.joined(separator: " = "))" }
      if groups.count > Self.shownGroups {
        lines.append("    and \(groups.count - Self.shownGroups) more groups (--json has all)")
      }
    }
    return lines.joined(separator: "\n")
  }
}

/// Images of a data set that cannot be read.
private struct UnreadableImages: Error, CustomStringConvertible {
  let folder: String
  let reasons: [String]

  var description: String {
    guard reasons.count > 1 else { return reasons.first ?? folder }
    let shown = reasons.prefix(20).joined(separator: "\n  ")
    let more = reasons.count > 20 ? "\n  and \(reasons.count - 20) more" : ""
    return "\(folder): \(reasons.count) images cannot be read:\n  \(shown)\(more)"
  }
}
