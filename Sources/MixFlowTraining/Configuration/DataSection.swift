/// What the model is trained on.
public struct DataSection: Codable, Equatable, Sendable {
  /// A folder of IDX files, or of one folder of PNG files for each class, or a file of latents, or the
  /// folder of REPA's preprocessing.
  @Nullable public var path: String?
  /// The part of the data, `train` or `test`, where the folder has both.
  public var split = "train"
  /// The side that images are reduced to by area, or null to take them as they are.
  @Nullable public var resize: Int?
  /// Whether half of the images are mirrored.
  public var flip = false
  /// The images of an epoch, by which the epochs in files of RAE become steps, or null for ImageNet's
  /// 1,281,167.
  @Nullable public var images: Int?

  /// Creates an empty section.
  public init() {}
}
