import Foundation
import MixFlowImage

/// The pictures of a folder of REPA, `images/`, each beside its latents in the order of their names.
public struct REPAPictures: PictureSource {
  /// The paths of the pictures.
  public let files: [String]
  /// The side that all pictures must have.
  private let side: Int

  /// Lists the pictures of latents.
  ///
  /// - Parameters:
  ///   - folder: The folder that holds `images`.
  ///   - latents: The files of the latents, in the order of their names.
  ///   - latentSide: The side of a latent, of which that of a picture is a multiple.
  /// - Throws: `DataError` where a picture is missing, or the first is of a size that the latents
  ///   cannot be of.
  public init(folder: String, of latents: [String], latentSide: Int) throws {
    let root = "\(folder)/images"
    guard ImageFolder.isFolder(root), let names = FileManager.default.enumerator(atPath: root)
    else {
      throw DataError.nothingFound(
        folder: folder,
        expected: "a folder 'images' with the pictures of the latents, which the encoder sees")
    }
    var found: [String] = []
    for case let name as String in names
    where !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
      if try ImageFolder.isPicture("\(root)/\(name)") { found.append(name) }
    }
    files = found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(root)/\($0)" }
    if let index = zip(files, latents).enumerated().first(where: {
      !Self.mayBelong($0.element.0, to: $0.element.1)
    })?.offset {
      throw DataError.invalid(
        file: files[index],
        reason: "stands beside the latents of another picture, \(latents[index])",
        mend: "add the missing file, or remove the one too many")
    }
    guard files.count == latents.count, let first = files.first else {
      throw DataError.invalid(
        file: root, reason: "holds \(files.count) pictures for \(latents.count) latents",
        mend: "encode all pictures, or remove those without latents")
    }
    let picture = try Image(contentsOf: first)
    guard picture.width == picture.height, picture.width % latentSide == 0 else {
      throw DataError.invalid(
        file: first,
        reason: "\(picture.width)x\(picture.height) pixels, latents of \(latentSide)x\(latentSide)",
        mend: "take the pictures that the latents were made of")
    }
    side = picture.width
  }

  /// Returns a picture.
  public func picture(at index: Int, flipped: Bool) throws -> Image {
    let picture = try Image(contentsOf: files[index])
    guard [picture.width, picture.height] == [side, side] else {
      throw DataError.sizeMismatch(
        file: files[index], found: [picture.width, picture.height], first: files[0],
        expected: [side, side])
    }
    return flipped ? picture.mirrored : picture
  }

  /// Whether the numbers at the end of two names agree, where both have one, as
  /// `img00000012.png` and `img-mean-std-00000012.npy`.
  private static func mayBelong(_ picture: String, to latents: String) -> Bool {
    func number(_ path: String) -> Substring {
      let stem = (path.split(separator: "/").last ?? "").prefix { $0 != "." }
      return stem.suffix(while: { $0.isNumber })
    }
    let numbers = (number(picture), number(latents))
    return numbers.0.isEmpty || numbers.1.isEmpty || numbers.0 == numbers.1
  }
}

extension Substring {
  /// The longest end whose characters all fulfil a condition.
  fileprivate func suffix(while isWanted: (Character) -> Bool) -> Substring {
    self[(lastIndex { !isWanted($0) }.map(index(after:)) ?? startIndex)...]
  }
}
