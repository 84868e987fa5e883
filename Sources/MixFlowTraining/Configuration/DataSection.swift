/// What the model is trained on.
public struct DataSection: Codable, Equatable, Sendable {
  /// A folder of IDX files, or of one folder of PNG files for each class, or a file of latents.
  @Nullable public var path: String?
  /// The part of the data, `train` or `test`, where the folder has both.
  public var split = "train"
  /// The side that images are reduced to by area, or null to take them as they are.
  @Nullable public var resize: Int?
  /// Whether half of the images are mirrored.
  public var flip = false

  /// Creates an empty section.
  public init() {}
}
