import MixFlowImage

/// Labelled 8-bit images of one size, all in memory.
public struct ImageDataset: DataSource, Equatable {
  /// The number of images.
  public let count: Int
  /// 1 (gray) or 3 (RGB).
  public let channels: Int
  /// The rows of an image.
  public let height: Int
  /// The columns of an image.
  public let width: Int
  /// The pixels, `[count, height, width, channels]`.
  public let pixels: [UInt8]
  /// The class of each image, in `0..<classCount`.
  public let labels: [Int]
  /// The names of the classes in the order of their labels.
  public let classNames: [String]
  /// The 64-bit FNV-1a hash of sizes, class names, labels and pixels.
  public let fingerprint: UInt64

  /// The number of classes.
  public var classCount: Int { classNames.count }

  /// Creates a data set from values in memory.
  ///
  /// - Parameters:
  ///   - pixels: The values, `[labels.count, height, width, channels]`.
  ///   - channels: 1 (gray) or 3 (RGB).
  ///   - height: The rows of an image.
  ///   - width: The columns of an image.
  ///   - labels: The class of each image, in `0..<classNames.count`.
  ///   - classNames: The names of the classes in the order of their labels.
  public init(
    pixels: [UInt8], channels: Int, height: Int, width: Int, labels: [Int], classNames: [String]
  ) {
    precondition(
      pixels.count == labels.count * channels * height * width,
      "\(pixels.count) values for images of shape \([labels.count, height, width, channels])")
    precondition(
      labels.allSatisfy { classNames.indices ~= $0 },
      "a label outside 0..<\(classNames.count)")
    count = labels.count
    self.channels = channels
    self.height = height
    self.width = width
    self.pixels = pixels
    self.labels = labels
    self.classNames = classNames
    var fingerprint = Fingerprint()
    for size in [labels.count, height, width, channels] { fingerprint.add(size) }
    for name in classNames { fingerprint.add(name) }
    for label in labels { fingerprint.add(label) }
    fingerprint.add(pixels)
    self.fingerprint = fingerprint.value
  }

  /// Creates a data set from images of one size; gray ones become RGB where any is RGB.
  ///
  /// - Parameters:
  ///   - images: At least one image; all have one size.
  ///   - labels: The class of each image, in `0..<classNames.count`.
  ///   - classNames: The names of the classes in the order of their labels.
  public init(images: [Image], labels: [Int], classNames: [String]) {
    precondition(!images.isEmpty, "a data set without images")
    let channels = images.allSatisfy { $0.channels == 1 } ? 1 : 3
    let size = [images[0].width, images[0].height]
    var pixels: [UInt8] = []
    pixels.reserveCapacity(images.count * channels * size[0] * size[1])
    for image in images {
      precondition(
        [image.width, image.height] == size,
        "an image of \(image.width)x\(image.height) among those of \(size[0])x\(size[1])")
      pixels += channels == 3 ? image.rgb.pixels : image.pixels
    }
    self.init(
      pixels: pixels, channels: channels, height: size[1], width: size[0], labels: labels,
      classNames: classNames)
  }

  /// Returns the class of an image.
  public func label(at index: Int) -> Int { labels[index] }

  /// Returns one image.
  public func image(at index: Int) -> Image {
    precondition(0..<count ~= index, "image \(index) of \(count)")
    return Image(
      width: width, height: height, channels: channels,
      pixels: Array(pixels[index * sampleCount..<(index + 1) * sampleCount]))
  }

  /// Writes an image as `x / 127.5 - 1`, so in [-1, 1].
  ///
  /// - Parameters:
  ///   - index: The image, in `0..<count`.
  ///   - flipped: Whether to mirror it, left to right.
  ///   - target: Receives `[channels, height, width]` values; it has exactly that many.
  public func writeSample(
    at index: Int, flipped: Bool, into target: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(0..<count ~= index, "image \(index) of \(count)")
    precondition(
      target.count == sampleCount,
      "\(target.count) places for a sample of shape \([channels, height, width])")
    Image.writeNormalised(
      pixels[index * sampleCount..<(index + 1) * sampleCount], channels: channels, width: width,
      flipped: flipped, into: target)
  }
}

extension Image {
  /// Writes pixels as `x / 127.5 - 1`, channel by channel.
  ///
  /// - Parameters:
  ///   - pixels: The values, `[height, width, channels]`.
  ///   - channels: The values of a pixel.
  ///   - width: The columns.
  ///   - flipped: Whether to mirror them, left to right.
  ///   - target: Receives as many values, `[channels, height, width]`.
  static func writeNormalised(
    _ pixels: ArraySlice<UInt8>, channels: Int, width: Int, flipped: Bool,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    let height = pixels.count / width / channels
    var place = 0
    for channel in 0..<channels {
      for row in 0..<height {
        let start = row * width
        for column in 0..<width {
          let pixel = start + (flipped ? width - 1 - column : column)
          let value = pixels[pixels.startIndex + pixel * channels + channel]
          target[place] = Float(value) / 127.5 - 1
          place += 1
        }
      }
    }
  }
}
