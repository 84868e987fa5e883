import Foundation
import MixFlowImage
import MixFlowTensor

/// Labelled pictures of any size in files, as squares of the model's size.
///
/// A small set is read at once and stays in memory. Of a larger one only the names do: pictures are
/// decoded in background threads ahead of their use, no more than ``preparedCount`` of them. In the place
/// of a file that cannot be read the next one that can is taken, so that neither threads nor processes
/// nor an interruption change what a run sees.
public struct PictureDataset: DataSource {
  /// The files and their classes.
  public let folder: ImageFolder
  /// 1 (gray) or 3 (RGB).
  public let channels: Int
  /// The width and the height of a sample.
  public let side: Int
  /// A hash of all pixels where the set is in memory; else of classes, names and sizes of all files and
  /// the beginnings of some.
  public let fingerprint: UInt64
  private let memory: ImageDataset?
  private let ahead: ReadAhead<Result<Reading, any Error>>
  private let skipped: SkippedFiles

  /// A picture, from the file that it was read from.
  private struct Reading: Sendable {
    let picture: Image
    let source: Int
    let skipped: [SkippedFile]
  }

  /// The number of pictures.
  public var count: Int { folder.files.count }
  /// The number of classes.
  public var classCount: Int { folder.classNames.count }
  /// The rows of a sample.
  public var height: Int { side }
  /// The columns of a sample.
  public var width: Int { side }
  /// The pictures, as the model sees them.
  public var pictures: (any PictureSource)? { self }
  /// The files that could not be read so far; nil where none may be left out.
  public var skippedFiles: [SkippedFile]? { skipped.limit > 0 ? skipped.files : nil }
  /// Whether the set is in memory.
  package var isInMemory: Bool { memory != nil }

  /// The bytes of files, and of pixels, up to which a set stays in memory: 32 MiB.
  public static let memoryLimit = 32 << 20
  /// The bytes of pictures that are decoded ahead: 64 MiB.
  private static let aheadLimit = 64 << 20

  /// Opens a folder.
  ///
  /// - Parameters:
  ///   - folder: The files.
  ///   - side: The width and height of samples.
  ///   - channels: The channels of the model, 1 or 3; coloured pictures stay so for a model of one, and
  ///     are refused later.
  ///   - reducesByArea: Whether larger pictures, which must be square then, are reduced by area instead
  ///     of ADM's scaling and cut.
  ///   - maxBadFiles: The most files that may be left out because they cannot be read.
  ///   - memoryLimit: The bytes up to which the set stays in memory.
  /// - Throws: `DataError` that names the file.
  public init(
    _ folder: ImageFolder, side: Int, channels: Int, reducesByArea: Bool = false,
    maxBadFiles: Int = 0, memoryLimit: Int = PictureDataset.memoryLimit
  ) throws {
    precondition(side > 0 && maxBadFiles >= 0, "side \(side), \(maxBadFiles) bad files")
    self.folder = folder
    self.side = side
    let first = try? Image.header(ofFileAt: folder.files[0])
    self.channels = channels == 1 && first?.channels ?? 1 == 1 ? 1 : 3
    let reader = PictureReader(
      side: side, channels: self.channels, scaling: reducesByArea ? .area : .centreCrop)
    ahead = ReadAhead(threads: min(16, max(1, Parallelism.threads - 1))) { index in
      Self.read(index, of: folder.files, with: reader, maxBadFiles: maxBadFiles)
    }
    skipped = SkippedFiles(limit: maxBadFiles)
    let sizes = try folder.files.map { try Self.byteCount(of: $0, maxBadFiles: maxBadFiles) }
    let pixels = folder.files.count.multipliedReportingOverflow(by: side * side * self.channels)
    guard sizes.reduce(0, +) <= memoryLimit, !pixels.overflow, pixels.partialValue <= memoryLimit
    else {
      memory = nil
      fingerprint = Self.fingerprint(of: folder, sizes: sizes, reader)
      return
    }
    memory = try Self.readAll(folder, skipped) { [ahead] in ahead.value(of: $0) }
    fingerprint = memory?.fingerprint ?? 0
  }

  /// The samples that are decoded ahead.
  public var preparedCount: Int {
    memory != nil ? 0 : max(1, min(1024, Self.aheadLimit / (side * side * channels)))
  }

  /// Has the threads decode samples, in this order.
  public func prepare(_ indices: [Int]) {
    if memory == nil { ahead.expect(indices) }
  }

  /// Returns the class of a picture, or of that which was taken in its place.
  public func label(at index: Int) -> Int { folder.labels[skipped.replacement(of: index)] }

  /// Writes a picture as `x / 127.5 - 1`, so in [-1, 1].
  public func writeSample(
    at index: Int, flipped: Bool, into target: UnsafeMutableBufferPointer<Float>
  ) throws {
    if let memory { return memory.writeSample(at: index, flipped: flipped, into: target) }
    precondition(target.count == sampleCount, "\(target.count) places for \(sampleCount) values")
    let pixels = try take(index).pixels
    Image.writeNormalised(
      pixels[...], channels: channels, width: side, flipped: flipped, into: target)
  }

  private func take(_ index: Int) throws -> Image {
    precondition(0..<count ~= index, "picture \(index) of \(count)")
    let reading = try ahead.value(of: index).get()
    try skipped.add(index, replacedBy: reading.source, skipped: reading.skipped)
    return reading.picture
  }
}

extension PictureDataset: PictureSource {
  /// Returns a picture as the model sees it.
  public func picture(at index: Int, flipped: Bool) throws -> Image {
    let picture = try memory?.image(at: index) ?? take(index)
    return flipped ? picture.mirrored : picture
  }
}

extension PictureDataset {
  /// Reads a picture, or the next one that can be read.
  private static func read(
    _ index: Int, of files: [String], with reader: PictureReader, maxBadFiles: Int
  ) -> Result<Reading, any Error> {
    var skipped: [SkippedFile] = []
    for place in 0..<files.count {
      let source = (index + place) % files.count
      do {
        return .success(
          Reading(
            picture: try reader.picture(at: files[source]), source: source, skipped: skipped))
      } catch let error as ImageError {
        skipped.append(SkippedFile(file: files[source], reason: "\(error)"))
        if skipped.count > maxBadFiles { break }
      } catch {
        return .failure(error)
      }
    }
    return .failure(
      DataError.tooManyBadFiles(
        count: skipped.count, limit: maxBadFiles, reason: skipped.last?.reason ?? ""))
  }

  private static func readAll(
    _ folder: ImageFolder, _ skipped: SkippedFiles,
    read: @Sendable (Int) -> Result<Reading, any Error>
  ) throws -> ImageDataset {
    let readings = parallelMap(folder.files.count, read)
    var pictures: [Image] = []
    var labels: [Int] = []
    for (index, reading) in readings.enumerated() {
      let reading = try reading.get()
      try skipped.add(index, replacedBy: reading.source, skipped: reading.skipped)
      pictures.append(reading.picture)
      labels.append(folder.labels[reading.source])
    }
    return ImageDataset(images: pictures, labels: labels, classNames: folder.classNames)
  }

  /// The number of files whose beginnings are hashed; reading all would take hours.
  private static let probes = 64

  private static func fingerprint(
    of folder: ImageFolder, sizes: [Int], _ reader: PictureReader
  ) -> UInt64 {
    var fingerprint = Fingerprint()
    for number in [reader.side, reader.channels, reader.scaling == .area ? 1 : 0] {
      fingerprint.add(number)
    }
    for name in folder.classNames { fingerprint.add(name) }
    for (index, file) in folder.files.enumerated() {
      fingerprint.add(String(file.split(separator: "/").last ?? ""))
      fingerprint.add(folder.labels[index])
      fingerprint.add(sizes[index])
    }
    for index in stride(from: 0, to: sizes.count, by: max(1, sizes.count / probes)) {
      if let bytes = try? ImageFile.bytes(of: folder.files[index], upTo: 1 << 16) {
        fingerprint.add(bytes)
      }
    }
    return fingerprint.value
  }

  /// The size of a file; 0 for one that is not there, where it may be left out.
  private static func byteCount(of file: String, maxBadFiles: Int) throws -> Int {
    var status = stat()
    if stat(file, &status) == 0 { return Int(status.st_size) }
    guard maxBadFiles > 0 else {
      throw DataError.unreadable(file: file, reason: "no such file, or no permission")
    }
    return 0
  }
}
