import Foundation
import MixFlowCheckpoint
import MixFlowTensor

/// The latents that REPA's preprocessing leaves: `.npy` files of means and below them standard
/// deviations, `[2 C, h, w]`, and `dataset.json` with their classes.
public struct REPALatents: Sendable {
  /// The files.
  public let files: [String]
  /// The class of each file.
  public let labels: [Int]
  /// The listing that names them, `dataset.json`.
  public let listing: String
  /// The folder that their names are relative to.
  let root: String
  /// The folder that was asked for.
  let folder: String

  /// What `dataset.json` holds.
  private struct Listing: Decodable {
    let labels: [Entry]

    /// A name and a class.
    struct Entry: Decodable {
      let name: String
      let label: Int

      init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        name = try values.decode(String.self)
        label = try values.decode(Int.self)
      }
    }
  }

  /// Lists a folder, or returns nil where it is not one of REPA's.
  ///
  /// - Parameter folder: The folder that holds `dataset.json`, or has it in `vae-sd`.
  /// - Throws: `DataError` for a listing that is malformed.
  public init?(folder: String) throws {
    let folders = [folder, "\(folder)/vae-sd"]
    guard let root = folders.first(where: { LatentDataset.isFile("\($0)/dataset.json") }) else {
      return nil
    }
    let path = "\(root)/dataset.json"
    let listing: Listing
    do {
      listing = try JSONDecoder().decode(
        Listing.self, from: try Data(contentsOf: URL(filePath: path)))
    } catch {
      throw DataError.invalid(
        file: path, reason: "is not {\"labels\": [[name, class], …]}",
        mend: "write it with REPA's dataset tools")
    }
    guard !listing.labels.isEmpty else {
      throw DataError.nothingFound(folder: root, expected: "labels in dataset.json")
    }
    if let index = listing.labels.firstIndex(where: { !(0..<65_536 ~= $0.label) }) {
      throw DataError.labelOutOfRange(
        file: path, index: index, label: listing.labels[index].label, classCount: 65_536)
    }
    let entries = listing.labels.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    files = entries.map { "\(root)/\($0.name)" }
    self.listing = path
    self.root = root
    self.folder = folder
    labels = entries.map(\.label)
  }

  /// Refuses labels that have no class.
  ///
  /// - Parameter classCount: The classes that there are.
  /// - Throws: `DataError` that names the listing and the entry.
  func checkLabels(classCount: Int) throws(DataError) {
    guard let index = labels.firstIndex(where: { $0 >= classCount }) else { return }
    throw DataError.invalid(
      file: listing,
      reason:
        "gives \(files[index].dropFirst(root.count + 1)) the label \(labels[index]), which is "
        + "not below model.num_classes, \(classCount)",
      mend: "raise that, or mend the label")
  }

  /// Packs the latents into one file, as ``LatentDataset`` reads it.
  ///
  /// - Parameters:
  ///   - path: A safetensors file to create or replace, whole or not at all.
  ///   - origin: The autoencoder that made them, with the scale and shift that the model shall see.
  ///   - features: Makes features of the pictures in `images/` too, for REPA's alignment.
  ///   - report: Called after each file, of features once more.
  /// - Throws: `CheckpointError` or `DataError` that names the file.
  public func write(
    to path: String, origin: LatentOrigin, features: FeatureMaker? = nil,
    report: () throws -> Void = {}
  ) throws {
    let shape = try NumPyArray(contentsOf: files[0]).shape
    guard shape.count == 3, shape[0] > 0, shape[0] % 2 == 0 else {
      throw Self.invalid(files[0], shape, expected: "means and deviations, [2 C, h, w]")
    }
    let classCount = (labels.max() ?? 0) + 1
    let latentShape = [shape[0] / 2] + shape[1...]
    let maker = try features?.encoder(latentShape: latentShape)
    let pictures = try maker.map { _ in
      try REPAPictures(folder: folder, of: files, latentSide: shape[2])
    }
    var file = try LatentFileWriter(
      LatentDescription(
        kind: .moments, origin: origin, count: files.count, hasMirrored: false,
        classNames: (0..<classCount).map { "\($0)" }, features: maker?.description),
      labels: labels, latentShape: latentShape, to: path)
    for name in files {
      let moments = try NumPyArray(contentsOf: name)
      guard moments.shape == shape else {
        throw Self.invalid(name, moments.shape, expected: "\(shape)")
      }
      let values = moments.tensor
      guard values.isFinite() else { throw Self.notFinite(name) }
      try file.add(values)
      try report()
    }
    if let maker, let pictures {
      for (index, name) in pictures.files.enumerated() {
        let image = Tensor([try pictures.picture(at: index, flipped: false)], range: 0...1)
        try file.add(features: maker.encoder(image), of: name)
        try report()
      }
    }
    try file.commit()
  }

  static func invalid(_ file: String, _ shape: [Int], expected: String) -> DataError {
    .invalid(
      file: file, reason: "has the shape \(shape), expected \(expected)",
      mend: "encode the image again")
  }

  static func notFinite(_ file: String) -> DataError {
    .invalid(file: file, reason: "holds NaN or infinite values", mend: "encode the image again")
  }
}
