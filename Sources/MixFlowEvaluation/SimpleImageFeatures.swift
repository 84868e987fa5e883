import MixFlowImage

/// Features of small images without trained weights, for Frechet distances of quick experiments.
///
/// The image is taken in units of [0, 1] (RGB as the mean of its channels) and divided into 4 x 4
/// equal blocks. Neighbours beyond the edge repeat the edge. The 97 features are, block by block
/// in row-major order within each group:
///
/// - 16 means of `x`: where light and dark lie, so which shape it is;
/// - 16 means each of `|g_x|`, `|g_y|`, `|g_x + g_y| / √2` and `|g_x - g_y| / √2`, with central
///   differences `g_x = (x_right - x_left) / 2`: edges by orientation, which blur weakens;
/// - 16 means of `|4 x - x_left - x_right - x_up - x_down| / 4`: what differs from its
///   surroundings, which noise left in a sample raises first;
/// - the mean of `x` on the outermost ring (see ``borderResidue(of:)-(Image)``).
///
/// All are multiplied by 10, for distances of a readable size. The distance is a yardstick within
/// one data set, image size and number of samples (fewer samples lie farther off); it is no FID,
/// sees no colour and has no unit. From the 10,000 training images of `data/fashion-mnist-16`,
/// its 2,000 test images are 0.11 away, the training images themselves 0.17 with normal noise of
/// deviation 0.02, 1.27 with 0.05, 9.2 after a 3 x 3 blur and 16.7 without five of the classes.
public enum SimpleImageFeatures {
  /// The number of features of an image.
  public static let dimensions = 97

  private static let blocks = 4
  private static let scale = 10.0

  /// Returns the features of an image.
  ///
  /// - Parameter image: Its width and height are multiples of 4.
  /// - Returns: 97 numbers.
  /// - Throws: `EvaluationError.imageSize` for other sizes.
  public static func features(of image: Image) throws -> [Double] {
    guard image.width % blocks == 0, image.height % blocks == 0 else {
      throw EvaluationError.imageSize(
        [image.width, image.height], expected: "a width and a height that are multiples of 4")
    }
    let light = image.light
    var groups = [[Double]](repeating: [Double](repeating: 0, count: blocks * blocks), count: 6)
    for row in 0..<image.height {
      let above = max(row - 1, 0) * image.width
      let below = min(row + 1, image.height - 1) * image.width
      for column in 0..<image.width {
        let x = light[row * image.width + column]
        let left = light[row * image.width + max(column - 1, 0)]
        let right = light[row * image.width + min(column + 1, image.width - 1)]
        let up = light[above + column]
        let down = light[below + column]
        let horizontal = (right - left) / 2
        let vertical = (down - up) / 2
        let block = row * blocks / image.height * blocks + column * blocks / image.width
        groups[0][block] += x
        groups[1][block] += abs(horizontal)
        groups[2][block] += abs(vertical)
        groups[3][block] += abs(horizontal + vertical) * 0.5.squareRoot()
        groups[4][block] += abs(horizontal - vertical) * 0.5.squareRoot()
        groups[5][block] += abs(4 * x - left - right - up - down) / 4
      }
    }
    let blockArea = Double(image.width * image.height / (blocks * blocks))
    return groups.joined().map { scale * $0 / blockArea } + [scale * borderResidue(of: image)]
  }

  /// Returns the moments of the features of images.
  ///
  /// - Parameter images: At least two images; about a thousand make a sound covariance.
  /// - Returns: Mean and covariance of the 97 features.
  /// - Throws: `EvaluationError` for fewer images or sizes that are no multiples of 4.
  public static func moments(of images: some Sequence<Image>) throws -> GaussianMoments {
    var accumulator = MomentAccumulator(dimensions: dimensions)
    for image in images { try accumulator.add(features(of: image)) }
    return try accumulator.moments()
  }
}
