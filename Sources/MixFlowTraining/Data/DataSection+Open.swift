import MixFlowModels

extension DataSection {
  /// Opens the data and checks that a model of these sizes can be trained on them.
  ///
  /// - Parameter model: The model's sizes.
  /// - Returns: The data.
  /// - Throws: ``ConfigurationError``, `DataError` or `ImageError` that names the file or key.
  public func open(for model: SiTConfiguration) throws -> any DataSource {
    guard let path else {
      throw ConfigurationError(key: "data.path", problem: "is not set; name a folder of images")
    }
    guard let part = DataSplit(rawValue: split.lowercased()) else {
      throw ConfigurationError(key: "data.split", problem: "'\(split)' is not train or test")
    }
    let data = try ImageDataset(contentsOf: path, split: part, size: resize)
    guard data.channels == model.inChannels else {
      throw ConfigurationError(
        key: "model.in_channels",
        problem: "is \(model.inChannels), but the images of \(path) have \(data.channels)")
    }
    guard data.height == model.inputSize, data.width == model.inputSize else {
      throw ConfigurationError(
        key: "model.input_size",
        problem:
          "is \(model.inputSize), but the images of \(path) are \(data.width)x\(data.height);"
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
