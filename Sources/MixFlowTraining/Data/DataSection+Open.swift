import MixFlowModels

extension DataSection {
  /// Opens the data and checks that a model of these sizes can be trained on them.
  ///
  /// - Parameter model: The model's sizes.
  /// - Returns: The data.
  /// - Throws: ``ConfigurationError``, `DataError` or `ImageError` that names the file or key.
  public func open(for model: ModelConfiguration) throws -> any DataSource {
    guard let path else {
      throw ConfigurationError(key: "data.path", problem: "is not set; name a folder of images")
    }
    guard let part = DataSplit(rawValue: split.lowercased()) else {
      throw ConfigurationError(key: "data.split", problem: "'\(split)' is not train or test")
    }
    let data = try ImageDataset(contentsOf: path, split: part, size: resize)
    let (channels, side) = (model.sampleShape[0], model.sampleShape[1])
    guard data.channels == channels else {
      throw ConfigurationError(
        key: "model.in_channels",
        problem: "is \(channels), but the images of \(path) have \(data.channels)")
    }
    guard data.height == side, data.width == side else {
      throw ConfigurationError(
        key: "model.input_size",
        problem:
          "is \(side), but the images of \(path) are \(data.width)x\(data.height);"
          + " set it, or data.resize")
    }
    guard data.classCount <= model.classCount else {
      throw ConfigurationError(
        key: "model.num_classes",
        problem: "is \(model.classCount), but \(path) has \(data.classCount) classes")
    }
    return data
  }
}
