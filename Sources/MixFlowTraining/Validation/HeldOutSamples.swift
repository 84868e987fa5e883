import MixFlowModels
import MixFlowTensor

/// Some samples of a data source, seen as a source of their own.
struct SelectedSamples: DataSource {
  let base: any DataSource
  let indices: [Int]
  let fingerprint: UInt64

  /// Takes samples of a source; `indices` are in `0..<base.count`.
  init(_ indices: [Int], of base: any DataSource) {
    (self.base, self.indices) = (base, indices)
    var digest = Fingerprint()
    digest.add("\(base.fingerprint)")
    for index in indices { digest.add("\(index)") }
    fingerprint = digest.value
  }

  var count: Int { indices.count }
  var classCount: Int { base.classCount }
  var channels: Int { base.channels }
  var height: Int { base.height }
  var width: Int { base.width }
  var isFlippable: Bool { base.isFlippable }
  var latentOrigin: LatentOrigin? { base.latentOrigin }
  var preparedCount: Int { base.preparedCount }
  var skippedFiles: [SkippedFile]? { base.skippedFiles }

  func prepare(_ indices: [Int]) { base.prepare(indices.map { self.indices[$0] }) }

  func label(at index: Int) -> Int { base.label(at: indices[index]) }

  func writeSample(
    at index: Int, flipped: Bool, into target: UnsafeMutableBufferPointer<Float>
  ) throws {
    try base.writeSample(at: indices[index], flipped: flipped, into: target)
  }

  func writeSample(
    at index: Int, flipped: Bool, noise: Philox, into target: UnsafeMutableBufferPointer<Float>
  ) throws {
    try base.writeSample(at: indices[index], flipped: flipped, noise: noise, into: target)
  }
}

/// The data of a run: what it trains on, and what it is measured on.
struct RunData {
  /// What it trains on.
  let training: any DataSource
  /// What it is measured on; nil without validation.
  let heldOut: (any DataSource)?
}

extension RunConfiguration {
  /// Opens the data of a run and holds some out where the configuration says so.
  ///
  /// - Parameter sizes: The model's sizes.
  /// - Returns: The data.
  /// - Throws: ``ConfigurationError``, `DataError` or `ImageError` that names the file or key.
  func openRunData(for sizes: ModelConfiguration) throws -> RunData {
    let data = try openData(for: sizes)
    if let fraction = validation.fraction {
      let held = Int((fraction * Double(data.count)).rounded())
      try require(
        held > 0 && held < data.count, "validation.fraction",
        "\(fraction) of \(data.count) samples are \(held); leave some for both")
      try require(
        training.projCoeff == 0, "validation.fraction",
        "cannot go with training.proj_coeff; name other data in validation.path")
      var generator = RandomPurpose.validation.generator(
        seed: UInt64(training.seed), index: -1)
      let order = shuffledIndices(data.count, using: &generator)
      return RunData(
        training: SelectedSamples(order[held...].sorted(), of: data),
        heldOut: SelectedSamples(order[..<held].sorted(), of: data))
    }
    guard let path = validation.path, validation.every != nil else {
      return RunData(training: data, heldOut: nil)
    }
    var section = self.data
    (section.path, section.split, section.flip) = (path, validation.split, false)
    do {
      let heldOut = try section.open(for: sizes, autoencoder: autoencoder)
      try require(
        heldOut.fingerprint != data.fingerprint, "validation.path",
        "holds the samples of data.path; name others, or set validation.split or fraction")
      return RunData(training: data, heldOut: heldOut)
    } catch let error as ConfigurationError where ["data.path", "data.split"].contains(error.key) {
      throw ConfigurationError(
        key: error.key.replacing("data.", with: "validation."), problem: error.problem)
    }
  }
}
