extension ProcessGroup {
  /// Refuses to train when processes begin with other settings, data or weights than rank 0.
  ///
  /// - Parameters:
  ///   - trainer: The trainer, before its first step.
  ///   - configuration: The run's configuration.
  ///   - dataFingerprint: The fingerprint of the data.
  /// - Throws: ``DistributedError/mismatch(what:rank:)`` in all processes.
  func expectSameStart(
    of trainer: Trainer, _ configuration: RunConfiguration, dataFingerprint: UInt64
  ) throws {
    try expectSame(try json(configuration), what: "a configuration")
    try expectSame("\(dataFingerprint)", what: "data")
    try expectSame("\(trainer.step)", what: "a step to go on from")
    var weights = Fingerprint()
    for parameter in trainer.model.parameters {
      parameter.value.withUnsafeBufferPointer { weights.add(words: $0) }
    }
    try expectSame(weights.text, what: "weights")
  }
}
