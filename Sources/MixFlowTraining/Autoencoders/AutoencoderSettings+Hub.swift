import Foundation

extension AutoencoderSettings {
  /// Says what to download where RAE's encoder is a name on Hugging Face's hub, as in upstream's files.
  ///
  /// - Throws: ``ConfigurationError`` for `organisation/name/model.safetensors` that is not here.
  func checkHubNames() throws {
    for file in files where !FileManager.default.fileExists(atPath: file) {
      let parts = file.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2] == "model.safetensors",
        let organisation = parts[0].first, organisation.isLetter,
        !FileManager.default.fileExists(atPath: String(parts[0]))
      else { continue }
      let name = "\(parts[0])/\(parts[1])"
      throw ConfigurationError(
        key: "autoencoder.files",
        problem: "\(name) is no folder here, but may be a name on huggingface.co; nothing is "
          + "downloaded, so fetch its model.safetensors and name it, with the decoder's model.pt and "
          + "stat.pt (of nyu-visionx/RAE-collections), by '--autoencoder', once for each file, by "
          + "autoencoder.files, or in a file of RAE name its folder by "
          + "stage_1.params.encoder_params.dinov2_path")
    }
  }
}
