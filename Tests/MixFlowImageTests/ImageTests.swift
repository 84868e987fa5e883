import MixFlowImage
import Testing

@Suite struct ImageTests {
  @Test func findsValuesByRowColumnAndChannel() {
    let image = Image(width: 3, height: 2, channels: 3, pixels: Array(0..<18))
    #expect(image[row: 1, column: 2, channel: 0] == 15)
    #expect(image[row: 0, column: 1, channel: 2] == 5)
  }

  @Test func repeatsGrayInThreeChannels() {
    let image = Image(width: 2, height: 1, channels: 1, pixels: [7, 9])
    #expect(image.rgb == Image(width: 2, height: 1, channels: 3, pixels: [7, 7, 7, 9, 9, 9]))
    #expect(image.rgb.rgb == image.rgb)
  }
}

@Suite struct AreaResizeTests {
  @Test func averagesWholeBlocks() throws {
    let image = Image(
      width: 4, height: 2, channels: 1, pixels: [0, 2, 255, 255, 4, 8, 255, 252])
    // 14 / 4 = 3.5 and 1017 / 4 = 254.25.
    #expect(try image.resized(toWidth: 2, height: 1).pixels == [4, 254])
  }

  @Test func sharesPixelsThatLieAcrossAnEdge() throws {
    let image = Image(width: 3, height: 1, channels: 1, pixels: [0, 90, 30])
    // (0 + 45) / 1.5 and (45 + 30) / 1.5.
    #expect(try image.resized(toWidth: 2, height: 1).pixels == [30, 50])
  }

  @Test func keepsChannelsApart() throws {
    let image = Image(width: 2, height: 1, channels: 3, pixels: [0, 10, 20, 100, 30, 40])
    #expect(try image.resized(toWidth: 1, height: 1).pixels == [50, 20, 30])
  }

  @Test(arguments: [1, 5, 16, 27, 28])
  func keepsAFlatImageFlat(size: Int) throws {
    let image = Image(
      width: 28, height: 28, channels: 1, pixels: [UInt8](repeating: 201, count: 784))
    let small = try image.resized(toWidth: size, height: size)
    #expect(small.pixels == [UInt8](repeating: 201, count: size * size))
  }

  @Test func refusesToEnlarge() {
    let image = Image(width: 2, height: 2, channels: 1, pixels: [0, 0, 0, 0])
    #expect(throws: ImageError.enlargement(from: [2, 2], to: [3, 2])) {
      try image.resized(toWidth: 3, height: 2)
    }
  }
}

@Suite struct ImageGridTests {
  static let tile = Image(width: 2, height: 1, channels: 1, pixels: [10, 20])

  @Test func placesTilesInRows() throws {
    let grid = ImageGrid(columns: 2, padding: 1, background: .black)
    let other = Image(width: 2, height: 1, channels: 1, pixels: [30, 40])
    let sheet = try grid.image(of: [Self.tile, other, other])
    #expect([sheet.width, sheet.height, sheet.channels] == [7, 5, 1])
    #expect(
      sheet.pixels == [
        0, 0, 0, 0, 0, 0, 0,
        0, 10, 20, 0, 30, 40, 0,
        0, 0, 0, 0, 0, 0, 0,
        0, 30, 40, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0,
      ])
  }

  @Test func enlargesPixelsToSquares() throws {
    let sheet = try ImageGrid(columns: 1, padding: 0, scale: 2).image(of: [Self.tile])
    #expect(
      sheet == Image(width: 4, height: 2, channels: 1, pixels: [10, 10, 20, 20, 10, 10, 20, 20]))
  }

  @Test func becomesColouredByItsBackgroundOrATile() throws {
    let colour = ImageGrid.Color(red: 1, green: 2, blue: 3)
    let sheet = try ImageGrid(columns: 1, padding: 1, background: colour).image(of: [Self.tile])
    #expect(sheet.pixels.prefix(3) == [1, 2, 3])
    #expect(sheet[row: 1, column: 2, channel: 1] == 20)
    #expect(try ImageGrid(columns: 2).image(of: [Self.tile, Self.tile.rgb]).channels == 3)
  }

  @Test(arguments: [(Int.max, 1), (1, Int.max), (40_000, 1000), (Int.max, Int.max)])
  func refusesSheetsThatAreTooLarge(columns: Int, scale: Int) {
    let error = #expect(throws: ImageError.self) {
      try ImageGrid(columns: columns, scale: scale).image(of: [Self.tile])
    }
    #expect(error?.description.contains("a grid of \(columns) columns and 1 rows") == true)
  }

  @Test func refusesTilesOfTwoSizes() {
    let tall = Image(width: 1, height: 2, channels: 1, pixels: [0, 0])
    #expect(throws: ImageError.tileSize(index: 1, found: [1, 2], expected: [2, 1])) {
      try ImageGrid(columns: 2).image(of: [Self.tile, tall])
    }
  }
}

@Suite struct QuantizationTests {
  /// Values at which the three rules and rounding disagree.
  @Test(arguments: [
    (Quantization.sit, Float(-1), UInt8(0)), (.sit, -0.9999, 0), (.sit, 0, 128), (.sit, 0.5, 191),
    (.sit, 0.9999, 255), (.sit, 2, 255),
    (.repa, -1, 0), (.repa, 0, 127), (.repa, 0.5, 191), (.repa, 0.9999, 254), (.repa, 1, 255),
    (.repa, -7, 0),
    (.rae, -0.5, 0), (.rae, 0, 0), (.rae, 0.5, 127), (.rae, 0.9999, 254), (.rae, 1.5, 255),
  ])
  func cutsOffAsUpstream(rule: Quantization, x: Float, expected: UInt8) {
    #expect(rule(x) == expected)
  }

  @Test(arguments: Quantization.allCases)
  func survivesWhatIsNoNumber(rule: Quantization) {
    #expect(rule(.nan) == 0)
    #expect(rule(.infinity) == 255)
    #expect(rule(-.infinity) == 0)
    #expect(rule(.greatestFiniteMagnitude) == 255)
  }

  @Test func interleavesPlanes() {
    let planes: [Float] = [0, 1, 1, 0, 0.5, 0.5]
    let image = Quantization.rae.image(planes, channels: 3, height: 1, width: 2)
    #expect(
      image == Image(width: 2, height: 1, channels: 3, pixels: [0, 255, 127, 255, 0, 127]))
  }
}
