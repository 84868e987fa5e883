/// An image that cannot be read, written or combined, and what would help.
public enum ImageError: Error, Equatable, CustomStringConvertible {
  /// The file could not be read at all.
  case unreadable(file: String, reason: String)
  /// The bytes are no PNG image, or a damaged one; `reason` comes from libpng.
  case invalid(file: String, reason: String)
  /// The bytes are a truncated or damaged JPEG image, or one of a rare kind; `reason` comes from
  /// libjpeg.
  case invalidJPEG(file: String, reason: String)
  /// The first bytes are those of no PNG and no JPEG image.
  case unknownFormat(file: String)
  /// The image has more pixels than the caller allows.
  case tooLarge(file: String, width: Int, height: Int, limit: Int)
  /// The image could not be turned into PNG bytes; `reason` comes from libpng.
  case encoding(reason: String)
  /// A tile of a grid differs in size from the first one; sizes are `[width, height]`.
  case tileSize(index: Int, found: [Int], expected: [Int])
  /// A grid has more pixels than are allowed; the tile, enlarged, is `[width, height]`.
  case gridTooLarge(columns: Int, rows: Int, tile: [Int], limit: Int)
  /// An area average was asked to enlarge; sizes are `[width, height]`.
  case enlargement(from: [Int], to: [Int])

  /// The fault, the place and the mend in one sentence.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): cannot be read (\(reason)); check the path and its permissions"
    case .invalid(let file, let reason):
      "\(file): not a readable PNG image (\(reason)); write the image again as PNG"
    case .invalidJPEG(let file, let reason):
      "\(file): not a readable JPEG image (\(reason)); fetch or save the image again"
    case .unknownFormat(let file):
      "\(file): neither a PNG nor a JPEG image; convert it to one of them"
    case .tooLarge(let file, let width, let height, let limit):
      "\(file): \(width)x\(height) pixels are more than the limit of \(limit); scale the image "
        + "down or raise the limit"
    case .encoding(let reason):
      "the image could not be encoded as PNG (\(reason))"
    case .tileSize(let index, let found, let expected):
      "tile \(index) of the grid is \(found[0])x\(found[1]) pixels, tile 0 is "
        + "\(expected[0])x\(expected[1]); resize the tiles to one size"
    case .gridTooLarge(let columns, let rows, let tile, let limit):
      "a grid of \(columns) columns and \(rows) rows of tiles of \(tile[0])x\(tile[1]) pixels is "
        + "above the limit of \(limit) pixels; ask for fewer columns or rows, or a smaller scale"
    case .enlargement(let from, let to):
      "cannot enlarge \(from[0])x\(from[1]) to \(to[0])x\(to[1]) pixels by area averages; ask "
        + "for a size that is no larger"
    }
  }
}
