import MixFlowImage
import Synchronization

/// What a folder of pictures holds, found by reading all of it.
public struct PictureSurvey: Encodable, Equatable, Sendable {
  /// The least, the middle and the greatest of some numbers.
  public struct Spread: Encodable, Equatable, Sendable {
    /// The least.
    public let minimum: Int
    /// The middle one; of an even number of them the upper.
    public let median: Int
    /// The greatest.
    public let maximum: Int

    init?(_ numbers: [Int]) {
      let sorted = numbers.sorted()
      guard let first = sorted.first, let last = sorted.last else { return nil }
      (minimum, median, maximum) = (first, sorted[sorted.count / 2], last)
    }

    enum CodingKeys: String, CodingKey {
      case minimum = "min"
      case median
      case maximum = "max"
    }
  }

  /// A class.
  public struct ClassCount: Encodable, Equatable, Sendable {
    /// The name of its folder.
    public let name: String
    /// The number of its files, those that cannot be read included.
    public let images: Int
  }

  /// A file that cannot be read.
  public struct BadFile: Encodable, Equatable, Sendable {
    /// Its path.
    public let file: String
    /// What is wrong with it; it names the file too.
    public let reason: String
  }

  /// The number of files.
  public let images: Int
  /// The files whose picture is gray.
  public let gray: Int
  /// The files that are JPEG; the others are PNG.
  public let jpeg: Int
  /// The columns of pictures; nil where none can be read.
  public let width: Spread?
  /// The rows of pictures.
  public let height: Spread?
  /// The bytes of all files.
  public let bytes: Int
  /// The classes in the order of their labels.
  public let classes: [ClassCount]
  /// Files with equal bytes, two or more in each group.
  public let duplicates: [[String]]
  /// The files that cannot be read.
  public let unreadable: [BadFile]

  /// Reads all pictures of a folder, on several threads.
  ///
  /// - Parameters:
  ///   - folder: The files.
  ///   - report: Called after each file, on any thread but never on two at once.
  public init(_ folder: ImageFolder, report: @escaping @Sendable () -> Void = {}) {
    let reporting = Mutex(())
    let findings = parallelMap(folder.files.count) { index in
      defer { reporting.withLock { _ in report() } }
      return Finding(folder.files[index])
    }
    let sizes = findings.compactMap { $0.size }
    images = findings.count
    gray = sizes.count { $0.channels == 1 }
    jpeg = findings.count { $0.format == .jpeg }
    width = Spread(sizes.map(\.width))
    height = Spread(sizes.map(\.height))
    bytes = findings.reduce(0) { $0 + $1.bytes }
    var counts = [Int](repeating: 0, count: folder.classNames.count)
    for label in folder.labels { counts[label] += 1 }
    classes = zip(folder.classNames, counts).map { ClassCount(name: $0, images: $1) }
    duplicates = Self.duplicates(findings)
    unreadable = findings.compactMap { finding in
      finding.fault.map { BadFile(file: finding.file, reason: $0) }
    }
  }

  /// What was found in a file.
  private struct Finding: Sendable {
    let file: String
    var bytes = 0
    var hash: UInt64?
    var format: ImageFormat?
    var size: Image.Header?
    var fault: String?

    init(_ file: String) {
      self.file = file
      do {
        let content = try ImageFile.bytes(of: file)
        bytes = content.count
        var fingerprint = Fingerprint()
        fingerprint.add(content)
        hash = fingerprint.value
        format = ImageFormat(firstBytes: content)
        let image = try Image(bytes: content, name: file)
        size = format.map {
          Image.Header(
            format: $0, width: image.width, height: image.height, channels: image.channels)
        }
      } catch {
        fault = "\(error)"
      }
    }
  }

  /// Groups of files with equal bytes; equal hashes alone are not believed.
  private static func duplicates(_ findings: [Finding]) -> [[String]] {
    var candidates: [[UInt64]: [String]] = [:]
    for finding in findings {
      guard let hash = finding.hash else { continue }
      candidates[[UInt64(finding.bytes), hash], default: []].append(finding.file)
    }
    var groups: [[String]] = []
    for files in candidates.values where files.count > 1 {
      var contents: [[UInt8]: [String]] = [:]
      for file in files {
        guard let bytes = try? ImageFile.bytes(of: file) else { continue }
        contents[bytes, default: []].append(file)
      }
      groups += contents.values.filter { $0.count > 1 }
    }
    return groups.sorted { $0[0] < $1[0] }
  }
}
