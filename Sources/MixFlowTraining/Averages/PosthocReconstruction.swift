import MixFlowCheckpoint
import MixFlowTensor

/// A power-function average of any width, made of those that a run has stored.
public struct PosthocReconstruction: Sendable {
  /// The snapshots and their coefficients, one for each average, oldest first.
  let terms: [(snapshot: PosthocSnapshot, coefficients: [Double])]
  /// The relative width.
  public let width: Double
  /// The step whose average it is.
  public let step: Int
  /// The distance of the profile from the one that was asked for, relative to its norm.
  public let relativeError: Double

  /// Fits an average by the snapshots of a run.
  ///
  /// - Parameters:
  ///   - width: The relative width of the average, above 0 and up to 0.28.
  ///   - folder: The run's folder.
  ///   - step: The step whose average is wanted; nil for that of the newest snapshot.
  /// - Throws: ``PosthocError``, or `CheckpointError` for a file that is malformed.
  public init(ofWidth width: Double, inRun folder: String, atStep step: Int? = nil) throws {
    guard PowerProfile.isWidth(width) else { throw PosthocError.width(width) }
    let all = try PosthocSnapshot.all(ofRun: folder)
    guard let first = all.first, let last = all.last else {
      throw PosthocError.noSnapshots(folder: folder)
    }
    let step = step ?? last.step
    guard (first.step...last.step).contains(step) else {
      throw PosthocError.step(step, first: first.step, last: last.step, folder: folder)
    }
    let snapshots = all.filter { $0.step <= step }
    let fit = ProfileFit(
      of: PowerProfile(width: width, updates: first.updates - first.step + step),
      by: snapshots.flatMap(\.profiles))
    var coefficients = fit.coefficients[...]
    terms = snapshots.map { snapshot in
      defer { coefficients = coefficients.dropFirst(snapshot.widths.count) }
      return (snapshot, Array(coefficients.prefix(snapshot.widths.count)))
    }
    (self.width, self.step, relativeError) = (width, step, fit.relativeError)
  }

  /// The number of snapshots that it is made of.
  public var snapshotCount: Int { terms.count }

  /// The step of the newest of them.
  public var newestSnapshot: Int { terms.last?.snapshot.step ?? step }

  /// The number of averages in them.
  public var averageCount: Int { terms.reduce(0) { $0 + $1.coefficients.count } }

  /// The least and the largest width that the snapshots hold.
  public var storedWidths: ClosedRange<Double> {
    let widths = terms.flatMap(\.snapshot.widths)
    return (widths.min() ?? width)...(widths.max() ?? width)
  }

  /// Computes the averages, reading one snapshot after the other, and compares each with its checksums.
  ///
  /// Sums are in double precision, so that memory holds twice the values.
  ///
  /// - Parameter parameters: The names and shapes of what was trained.
  /// - Returns: The averages, by name.
  /// - Throws: `CheckpointError` for a snapshot that is damaged or of another model.
  func values(of parameters: [(name: String, shape: [Int])]) throws -> [String: Tensor] {
    var sums = parameters.map { [Double](repeating: 0, count: $0.shape.reduce(1, *)) }
    for (snapshot, coefficients) in terms {
      let file = try SafeTensorsFile(contentsOf: snapshot.path)
      if let checksums = snapshot.manifest.checksums { try file.verify(checksums) }
      let state = StateDict(file)
      for (width, coefficient) in zip(snapshot.widths, coefficients) {
        let average = try state.strippingPrefix(StateDict.Prefix.posthoc(width: width))
        let reader = StateDictReader(average)
        for (place, parameter) in parameters.enumerated() {
          let values = try reader.tensor(parameter.name, shape: parameter.shape)
          sums[place].add(values, scaledBy: coefficient)
          file.releasePages()
        }
        try reader.expectAllRead()
      }
    }
    var values: [String: Tensor] = [:]
    for (place, parameter) in parameters.enumerated() {
      let sum = sums[place]
      values[parameter.name] = Tensor(shape: parameter.shape) { values in
        for index in values.indices { values[index] = Float(sum[index]) }
      }
      sums[place] = []
    }
    return values
  }
}

extension PosthocSnapshot {
  /// The snapshots of a run, oldest first.
  ///
  /// - Parameter folder: The run's folder.
  /// - Returns: The snapshots, of which headers and sizes were compared with each other.
  /// - Throws: ``PosthocError``, or `CheckpointError` for a file that is malformed.
  static func all(ofRun folder: String) throws -> [Self] {
    let files = CheckpointFolder(ofSnapshotsIn: folder)
    if let (file, fault) = files.faults.first {
      throw PosthocError.incomplete(file: file, fault: fault, folder: files.path)
    }
    let snapshots = try files.complete().map { try PosthocSnapshot($0, in: files) }
    guard let first = snapshots.first else { return [] }
    for snapshot in snapshots {
      guard snapshot.updates - snapshot.step == first.updates - first.step else {
        throw PosthocError.otherRun(
          file: snapshot.path,
          difference:
            "its averages are at update \(snapshot.updates) in step \(snapshot.step), those "
            + "of \(first.path) at \(first.updates) in \(first.step)")
      }
    }
    return snapshots
  }
}

extension [Double] {
  /// Adds a multiple of a tensor with as many elements.
  fileprivate mutating func add(_ x: Tensor, scaledBy factor: Double) {
    precondition(count == x.count, "\(count) += \(x.count)")
    withUnsafeMutableBufferPointer { sum in
      x.withUnsafeBufferPointer { x in
        for index in sum.indices { sum[index] += factor * Double(x[index]) }
      }
    }
  }
}
