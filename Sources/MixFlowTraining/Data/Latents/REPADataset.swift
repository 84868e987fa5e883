import Foundation
import MixFlowCheckpoint
import MixFlowTensor

/// The folder that REPA trains on, read file by file: `vae-sd/` with means and standard deviations of
/// latents, `[2 C, h, w]` each, their classes in `dataset.json`, and `images/` with the pictures.
///
/// Each visit draws a new latent, `(mean + deviation ε − shift) scale` (REPA `sample_posterior`).
public struct REPADataset: DataSource {
  /// The files and their classes.
  public let latents: REPALatents
  /// The channels of a latent as the model sees it.
  public let channels: Int
  /// The rows of a latent.
  public let height: Int
  /// The columns of a latent.
  public let width: Int
  /// A hash of names, classes and sizes of all files, and of the contents of some.
  public let fingerprint: UInt64
  private let folder: String
  private let scale: Float
  private let shift: Float

  /// The number of files whose contents are hashed; reading all would take hours.
  private static let probes = 64

  /// The number of pictures.
  public var count: Int { latents.files.count }
  /// The classes up to the largest.
  public var classCount: Int { (latents.labels.max() ?? 0) + 1 }
  /// Mirrored pictures are not encoded.
  public var isFlippable: Bool { false }
  /// Scale and shift; the folder does not tell the autoencoder.
  public var latentOrigin: LatentOrigin? {
    LatentOrigin(scale: scale, shift: shift, files: [], fingerprint: "")
  }
  /// The pictures in `images/`.
  public var pictures: (any PictureSource)? {
    get throws { try REPAPictures(folder: folder, of: latents.files, latentSide: width) }
  }

  /// Opens a folder, or returns nil where it is not one of REPA's.
  ///
  /// - Parameters:
  ///   - folder: The folder that holds `vae-sd` and `images`.
  ///   - scale: What latents are multiplied with, 0.18215 upstream.
  ///   - shift: What is subtracted from them before that, 0 upstream.
  /// - Throws: `DataError` or `CheckpointError` that names the file: a listing that is malformed, a
  ///   file that is missing or of another length than the first.
  public init?(folder: String, scale: Float, shift: Float) throws {
    guard let latents = try REPALatents(folder: folder) else { return nil }
    self.latents = latents
    self.folder = folder
    (self.scale, self.shift) = (scale, shift)
    let files = latents.files
    let byteCount = try Self.byteCount(of: files[0], listing: latents.listing)
    let shape = try NumPyArray(contentsOf: files[0]).shape
    guard shape.count == 3, shape[0] % 2 == 0, !shape.contains(0), shape[1] == shape[2] else {
      throw REPALatents.invalid(files[0], shape, expected: "means and deviations, [2 C, h, h]")
    }
    (channels, height, width) = (shape[0] / 2, shape[1], shape[2])
    var fingerprint = Fingerprint()
    for size in shape { fingerprint.add(size) }
    for (file, label) in zip(files, latents.labels) {
      let found = try Self.byteCount(of: file, listing: latents.listing)
      guard found == byteCount else {
        throw DataError.invalid(
          file: file, reason: "has \(found) bytes, \(files[0]) has \(byteCount)",
          mend: "encode the image again")
      }
      fingerprint.add(String(file.dropFirst(latents.root.count)))
      fingerprint.add(label)
    }
    for index in stride(from: 0, to: files.count, by: max(1, files.count / Self.probes)) {
      fingerprint.add(try NumPyArray(contentsOf: files[index]).bytes)
    }
    self.fingerprint = fingerprint.value
  }

  /// Returns the class of a picture.
  public func label(at index: Int) -> Int { latents.labels[index] }

  /// Writes the mean of a latent.
  public func writeSample(
    at index: Int, flipped: Bool, into target: UnsafeMutableBufferPointer<Float>
  ) throws {
    try write(index, flipped, into: target) { mean, _, _ in mean }
  }

  /// Writes a latent that `noise` chooses.
  public func writeSample(
    at index: Int, flipped: Bool, noise: Philox, into target: UnsafeMutableBufferPointer<Float>
  ) throws {
    var noise = noise
    noise.fillNormal(target)
    try write(index, flipped, into: target) { mean, deviation, noise in mean + deviation * noise }
  }

  /// Writes scaled latents, those of `draw(mean, deviation, old value)`.
  private func write(
    _ index: Int, _ flipped: Bool, into target: UnsafeMutableBufferPointer<Float>,
    draw: (Float, Float, Float) -> Float
  ) throws {
    precondition(0..<count ~= index && !flipped, "latent \(index) of \(count)")
    precondition(target.count == sampleCount, "\(target.count) places for \(sampleCount) values")
    let file = latents.files[index]
    let moments = try NumPyArray(contentsOf: file)
    guard moments.shape == [2 * channels, height, width] else {
      throw REPALatents.invalid(
        file, moments.shape, expected: "\([2 * channels, height, width]), that of the first file")
    }
    let values = moments.tensor
    guard values.isFinite() else { throw REPALatents.notFinite(file) }
    values.withUnsafeBufferPointer { values in
      for place in target.indices {
        let latent = draw(values[place], values[target.count + place], target[place])
        target[place] = (latent - shift) * scale
      }
    }
  }

  private static func byteCount(of file: String, listing: String) throws -> Int {
    var status = stat()
    guard stat(file, &status) == 0 else {
      throw DataError.invalid(
        file: file, reason: "is not there, but \(listing) names it",
        mend: "encode the image again, or remove its entry")
    }
    return Int(status.st_size)
  }
}
