/// A contact sheet: tiles of one size in rows, with space between and around them.
public struct ImageGrid: Equatable, Sendable {
  /// The number of tiles in a row, at least 1.
  public var columns: Int
  /// The pixels between tiles and around the sheet, after scaling.
  public var padding: Int
  /// The colour between the tiles and of empty places.
  public var background: Color
  /// The side of the square that each pixel of a tile becomes, at least 1.
  public var scale: Int

  /// A colour of the space between tiles.
  public struct Color: Equatable, Sendable {
    /// Red, green and blue.
    let values: [UInt8]

    /// Mixes a colour.
    public init(red: UInt8, green: UInt8, blue: UInt8) { values = [red, green, blue] }

    /// No light.
    public static let black = Color(red: 0, green: 0, blue: 0)
    /// Full light.
    public static let white = Color(red: 255, green: 255, blue: 255)
  }

  /// Describes a sheet.
  ///
  /// - Parameters:
  ///   - columns: The number of tiles in a row, at least 1.
  ///   - padding: The pixels between tiles and around the sheet, after scaling.
  ///   - background: The colour between the tiles and of empty places.
  ///   - scale: The side of the square that each pixel of a tile becomes, at least 1.
  public init(
    columns: Int, padding: Int = 2, background: Color = .white, scale: Int = 1
  ) {
    precondition(
      columns > 0 && padding >= 0 && scale > 0,
      "a grid of \(columns) columns, padding \(padding), scale \(scale)")
    self.columns = columns
    self.padding = padding
    self.scale = scale
    self.background = background
  }

  /// Returns the size of the sheet of some tiles.
  ///
  /// - Parameters:
  ///   - count: The number of tiles.
  ///   - width: The columns of a tile, before scaling.
  ///   - height: The rows of a tile.
  /// - Returns: The columns and rows of the sheet.
  /// - Throws: `ImageError.gridTooLarge` where it has more pixels than `Image.defaultPixelLimit`.
  public func size(
    ofTiles count: Int, width: Int, height: Int
  ) throws(ImageError) -> (width: Int, height: Int) {
    let rows = count / columns + (count % columns == 0 ? 0 : 1)
    func side(_ tiles: Int, _ length: Int) -> Int? {
      let (scaled, scaling) = length.multipliedReportingOverflow(by: scale)
      let (padded, adding) = scaled.addingReportingOverflow(padding)
      let (inner, multiplying) = padded.multipliedReportingOverflow(by: tiles)
      let (side, framing) = inner.addingReportingOverflow(padding)
      return scaling || adding || multiplying || framing ? nil : side
    }
    guard let sheetWidth = side(columns, width), let sheetHeight = side(rows, height),
      case (let pixels, let overflow) = sheetWidth.multipliedReportingOverflow(by: sheetHeight),
      !overflow, pixels <= Image.defaultPixelLimit
    else {
      throw .gridTooLarge(
        columns: columns, rows: rows,
        tile: [width, height].map { $0.multipliedReportingOverflow(by: scale) }
          .map { $0.overflow ? Int.max : $0.partialValue },
        limit: Image.defaultPixelLimit)
    }
    return (sheetWidth, sheetHeight)
  }

  /// Lays out `tiles` from left to right and from the top down; the last row may be short.
  ///
  /// The sheet is gray where all tiles are and the background is a gray, else RGB.
  ///
  /// - Parameter tiles: At least one image; all have one size.
  /// - Returns: The sheet.
  /// - Throws: `ImageError.tileSize` for the first tile that differs in size, or
  ///   `ImageError.gridTooLarge`.
  public func image(of tiles: [Image]) throws -> Image {
    precondition(!tiles.isEmpty, "a grid without tiles")
    let size = [tiles[0].width, tiles[0].height]
    for (index, tile) in tiles.enumerated() where [tile.width, tile.height] != size {
      throw ImageError.tileSize(
        index: index, found: [tile.width, tile.height], expected: size)
    }
    let isGray = tiles.allSatisfy { $0.channels == 1 } && Set(background.values).count == 1
    let channels = isGray ? 1 : 3
    let (width, height) = try self.size(ofTiles: tiles.count, width: size[0], height: size[1])
    var pixels = [UInt8](repeating: 0, count: width * height * channels)
    for index in pixels.indices { pixels[index] = background.values[index % channels] }
    for (index, tile) in tiles.enumerated() {
      let left = padding + index % columns * (size[0] * scale + padding)
      let top = padding + index / columns * (size[1] * scale + padding)
      let source = isGray ? tile : tile.rgb
      for row in 0..<size[1] * scale {
        var target = ((top + row) * width + left) * channels
        for column in 0..<size[0] * scale {
          let pixel = (row / scale * size[0] + column / scale) * channels
          for channel in 0..<channels {
            pixels[target] = source.pixels[pixel + channel]
            target += 1
          }
        }
      }
    }
    return Image(width: width, height: height, channels: channels, pixels: pixels)
  }
}
