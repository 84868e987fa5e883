/// What the model is trained on.
public struct DataSection: Codable, Equatable, Sendable {
  /// A folder of IDX files, or of one folder of PNG and JPEG files for each class, or a file of latents or
  /// a folder of its shards, or the folder of REPA's preprocessing.
  @Nullable public var path: String?
  /// The part of the data, `train` or `test`, where the folder has both.
  public var split = "train"
  /// The side that images are reduced to by area; null: pictures in class folders are scaled and cut to
  /// the model's size as ADM does it, others are taken as they are.
  @Nullable public var resize: Int?
  /// Whether half of the images are mirrored.
  public var flip = false
  /// The most picture files that may be left out because they cannot be read.
  ///
  /// The next one is taken in the place of each; at 0 the first such file ends the run.
  public var maxBadFiles = 0
  /// The images of an epoch, by which the epochs in files of RAE become steps, or null for ImageNet's
  /// 1,281,167.
  @Nullable public var images: Int?

  enum CodingKeys: String, CodingKey {
    case path, split, resize, flip, images
    case maxBadFiles = "max_bad_files"
  }

  /// Creates an empty section.
  public init() {}
}
