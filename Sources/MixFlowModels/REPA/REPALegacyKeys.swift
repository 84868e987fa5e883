extension REPASiTConfiguration {
  /// Returns today's name of a parameter in a checkpoint of REPA's first code.
  ///
  /// That code kept the blocks after the projection in a list of their own:
  /// `decoder_blocks.{i}.*` is `blocks.{i + encoder_depth}.*`. Other keys stay as they are.
  ///
  /// - Parameters:
  ///   - key: A key of the file.
  ///   - encoderDepth: The number of blocks before the projection.
  /// - Returns: The key of the same parameter in ``REPASiT``.
  public static func currentKey(forLegacy key: String, encoderDepth: Int) -> String {
    let parts = key.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "decoder_blocks", let index = Int(parts[1]),
      0..<1024 ~= index
    else {
      return key
    }
    return "blocks.\(index + encoderDepth).\(parts[2])"
  }
}
