import MixFlowModels

extension DataSection {
  /// Opens the data and checks that a model of these sizes can be trained on them.
  ///
  /// - Parameters:
  ///   - model: The model's sizes.
  ///   - autoencoder: The scale and shift of latents that do not record their own.
  /// - Returns: The data.
  /// - Throws: ``ConfigurationError``, `DataError` or `ImageError` that names the file or key.
  public func open(
    for model: ModelConfiguration, autoencoder: AutoencoderSettings = AutoencoderSettings()
  ) throws -> any DataSource {
    guard let path else {
      let data =
        [1, 3].contains(model.sampleShape[0])
        ? "a folder of images" : "a file of latents, which 'mixflow latents' writes"
      throw ConfigurationError(key: "data.path", problem: "is not set; name \(data)")
    }
    guard let part = DataSplit(rawValue: split.lowercased()) else {
      throw ConfigurationError(key: "data.split", problem: "'\(split)' is not train or test")
    }
    var isLatents = true
    let data: any DataSource
    if LatentDataset.isFile(path) {
      try checkLatents()
      data = try LatentDataset(contentsOf: path)
    } else if let folder = try REPADataset(
      folder: path, scale: Float(autoencoder.scale), shift: Float(autoencoder.shift))
    {
      try checkLatents()
      try folder.latents.checkLabels(classCount: model.classCount)
      data = folder
    } else if let shards = try LatentShards(folder: path) {
      try checkLatents()
      data = shards
    } else {
      isLatents = false
      data = try openPictures(path, part, for: model)
    }
    guard !flip || data.isFlippable else {
      throw ConfigurationError(
        key: "data.flip",
        problem:
          "is true, but \(path) holds no mirrored latents; set it to false, or write a file with "
          + "'mixflow latents --flip'")
    }
    let noun = isLatents ? "latents" : "images"
    let (channels, side) = (model.sampleShape[0], model.sampleShape[1])
    guard data.channels == channels else {
      throw ConfigurationError(
        key: "model.in_channels",
        problem: "is \(channels), but the \(noun) of \(path) have \(data.channels)")
    }
    guard data.height == side, data.width == side else {
      throw ConfigurationError(
        key: "model.input_size",
        problem:
          "is \(side), but the \(noun) of \(path) are \(data.width)x\(data.height);"
          + (isLatents ? " set it" : " set it, or data.resize"))
    }
    guard data.classCount <= model.classCount else {
      throw ConfigurationError(
        key: "model.num_classes",
        problem: "is \(model.classCount), but \(path) has \(data.classCount) classes")
    }
    return data
  }

  /// Opens a folder of IDX files or of class folders.
  private func openPictures(
    _ path: String, _ part: DataSplit, for model: ModelConfiguration
  ) throws -> any DataSource {
    guard !ImageDataset.hasIDXFiles(in: path) else {
      return try ImageDataset(contentsOf: path, split: part, size: resize)
    }
    if let resize, resize < 1 {
      throw ConfigurationError(
        key: "data.resize", problem: "is \(resize); set it to a number of pixels above 0")
    }
    return try PictureDataset(
      try ImageFolder(contentsOf: path, split: part), side: resize ?? model.sampleShape[1],
      channels: model.sampleShape[0], reducesByArea: resize != nil, maxBadFiles: maxBadFiles)
  }

  /// Refuses settings that a file of latents cannot follow.
  private func checkLatents() throws(ConfigurationError) {
    guard resize == nil else {
      throw ConfigurationError(
        key: "data.resize", problem: "is for images; leave it null, as data.path holds latents")
    }
    guard split.lowercased() == DataSplit.train.rawValue else {
      throw ConfigurationError(
        key: "data.split",
        problem: "is '\(split)', but latents have no parts; leave it out")
    }
  }
}

extension RunConfiguration {
  /// Opens the data and checks that a model of these sizes can be trained on them.
  ///
  /// - Parameter sizes: The model's sizes.
  /// - Returns: The data.
  /// - Throws: ``ConfigurationError``, `DataError` or `ImageError` that names the file or key.
  public func openData(for sizes: ModelConfiguration) throws -> any DataSource {
    try data.open(for: sizes, autoencoder: autoencoder)
  }
}
