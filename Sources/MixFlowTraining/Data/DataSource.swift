import MixFlowTensor

/// Labelled samples that a model trains on, such as images or precomputed latents.
public protocol DataSource: Sendable {
  /// The number of samples.
  var count: Int { get }
  /// The number of classes; labels are in `0..<classCount`.
  var classCount: Int { get }
  /// The channels of a sample.
  var channels: Int { get }
  /// The rows of a sample.
  var height: Int { get }
  /// The columns of a sample.
  var width: Int { get }
  /// A number that other contents would almost surely change; a resumed run compares it.
  var fingerprint: UInt64 { get }

  /// Whether samples can be mirrored.
  var isFlippable: Bool { get }
  /// Where latents come from; nil for pictures.
  var latentOrigin: LatentOrigin? { get }

  /// The pictures of the samples, for an encoder; nil where there are none.
  ///
  /// - Throws: `DataError` for pictures that do not belong to the samples.
  var pictures: (any PictureSource)? { get throws }
  /// The features of the pictures that an encoder made before; nil where there are none.
  var features: StoredFeatures? { get }

  /// The samples that may be told to ``prepare(_:)``; 0 where nothing is gained by it.
  var preparedCount: Int { get }
  /// The files that could not be read so far; nil where none may be left out.
  var skippedFiles: [SkippedFile]? { get }

  /// Tells which samples will be wanted next, so that they can be read meanwhile.
  ///
  /// - Parameter indices: Samples in the order of their use, no more than ``preparedCount``.
  func prepare(_ indices: [Int])

  /// Returns the class of a sample; where its file cannot be read and another was written in its place,
  /// that one's.
  func label(at index: Int) -> Int

  /// Writes a sample as the model sees it.
  ///
  /// - Parameters:
  ///   - index: The sample, in `0..<count`.
  ///   - flipped: Whether to mirror it, left to right.
  ///   - target: Receives `[channels, height, width]` values; it has exactly that many.
  /// - Throws: `DataError` or `CheckpointError` where it is read from a file that has a fault.
  func writeSample(
    at index: Int, flipped: Bool, into target: UnsafeMutableBufferPointer<Float>) throws

  /// Writes a sample as the model sees it on one visit, with what chance there is in it.
  ///
  /// - Parameters:
  ///   - index: The sample, in `0..<count`.
  ///   - flipped: Whether to mirror it, left to right.
  ///   - noise: The random numbers of the visit.
  ///   - target: Receives `[channels, height, width]` values; it has exactly that many.
  /// - Throws: `DataError` or `CheckpointError` where it is read from a file that has a fault.
  func writeSample(
    at index: Int, flipped: Bool, noise: Philox, into target: UnsafeMutableBufferPointer<Float>
  ) throws
}

extension DataSource {
  /// Pixels can be mirrored.
  public var isFlippable: Bool { true }
  /// None, as of pictures.
  public var latentOrigin: LatentOrigin? { nil }
  /// None.
  public var pictures: (any PictureSource)? { nil }
  /// None.
  public var features: StoredFeatures? { nil }

  /// None.
  public var preparedCount: Int { 0 }
  /// None may be left out.
  public var skippedFiles: [SkippedFile]? { nil }
  /// Does nothing.
  public func prepare(_ indices: [Int]) {}

  /// Writes a sample in which there is no chance.
  public func writeSample(
    at index: Int, flipped: Bool, noise: Philox, into target: UnsafeMutableBufferPointer<Float>
  ) throws {
    try writeSample(at: index, flipped: flipped, into: target)
  }

  /// The number of values in a sample.
  public var sampleCount: Int { channels * height * width }

  /// Returns a sample as the model sees it.
  ///
  /// - Parameters:
  ///   - index: The sample, in `0..<count`.
  ///   - flipped: Whether to mirror it, left to right.
  /// - Returns: The values, `[channels, height, width]`.
  /// - Throws: `DataError` or `CheckpointError` where it is read from a file that has a fault.
  public func normalised(_ index: Int, flipped: Bool = false) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: sampleCount) { buffer, count in
      // The protocol has a sample write all of the buffer.
      try writeSample(
        at: index, flipped: flipped,
        into: UnsafeMutableBufferPointer(rebasing: buffer[..<sampleCount]))
      count = sampleCount
    }
  }
}
