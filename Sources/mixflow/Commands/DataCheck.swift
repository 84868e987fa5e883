import ArgumentParser
import Foundation
import MixFlowImage
import MixFlowTraining

/// `mixflow data check`.
struct DataCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Read a data set whole and tell what is in it.",
    discussion: """
      Prints, for the training and the test part, the number and the size of the images, the images \
      of each class and the fingerprint that checkpoints remember. Exits with 1 and the names of \
      the files when some cannot be read. Of a file of latents it prints what that says of itself.

        mixflow data check data/fashion-mnist-16
        mixflow data check latents.safetensors
      """)

  @Argument(help: "A folder of IDX files or of class folders of PNG files, or a file of latents.")
  var folder: String

  @Option(name: .long, help: "The side to scale down to, as data.resize does.")
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
    if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), !isFolder.boolValue {
      let latents = try LatentReport(contentsOf: folder)
      return try StandardStream.print(json ? try prettyJSON(latents) : latents.text)
    }
    let parts = try DataSplit.allCases.compactMap { split -> DataPart? in
      do {
        return DataPart(split, try ImageDataset(contentsOf: folder, split: split, size: resize))
      } catch DataError.nothingFound where split == .test {
        return nil
      } catch {
        let unreadable = unreadableImages(below: folder)
        guard unreadable.count > 1 else { throw error }
        throw UnreadableImages(folder: folder, reasons: unreadable)
      }
    }
    try StandardStream.print(
      json ? try prettyJSON(parts) : parts.map(\.text).joined(separator: "\n"))
  }
}

/// What `mixflow data check` tells of one part.
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

/// Several images of a data set that cannot be read.
private struct UnreadableImages: Error, CustomStringConvertible {
  let folder: String
  let reasons: [String]

  var description: String {
    let shown = reasons.prefix(20).joined(separator: "\n  ")
    let more = reasons.count > 20 ? "\n  and \(reasons.count - 20) more" : ""
    return "\(folder): \(reasons.count) images cannot be read:\n  \(shown)\(more)"
  }
}

/// Reads every PNG file below a folder and returns what is wrong with those that fail.
private func unreadableImages(below folder: String) -> [String] {
  let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
  return names.filter { $0.lowercased().hasSuffix(".png") }.sorted().compactMap { name in
    do {
      _ = try Image(pngAt: "\(folder)/\(name)")
      return nil
    } catch {
      return "\(error)"
    }
  }
}
