import MixFlowTensor

extension DistributedSection {
  /// What gradients are sent as.
  func gradientWire() throws -> GradientWire {
    try require(
      1...1024 ~= bucketMiB, "distributed.bucket_mib", "\(bucketMiB) is not in 1...1024")
    guard let wire = GradientWire(rawValue: wire.lowercased()) else {
      let known = GradientWire.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError(
        key: "distributed.wire", problem: "unknown '\(wire)'; known: \(known)")
    }
    return wire
  }
}

extension RunConfiguration {
  /// The samples of a step and how many processes cut them up.
  ///
  /// - Parameter processes: The number of processes.
  /// - Returns: The batch; each process takes an equal share of its pieces.
  /// - Throws: ``ConfigurationError`` for a number of processes that cannot share it equally.
  package func batch(processes: Int) throws -> Trainer.BatchSize {
    let batch = try training.batch()
    guard processes > 1 else { return batch }
    try require(
      batch.pieces % processes == 0 || batch.pieces < processes, "training.grad_accum_steps",
      "\(batch.pieces) micro-batches cannot be shared equally by \(processes) processes; set it to a "
        + "multiple of \(processes), or to 1 for one in each")
    let pieces = max(batch.pieces, processes)
    try require(
      batch.total % pieces == 0, "training.batch_size",
      "\(batch.total) samples cannot be shared equally by \(processes) processes; set it to a "
        + "multiple of \(pieces)")
    try require(
      !distributed.deterministic || processes & (processes - 1) == 0, "distributed.deterministic",
      "needs a number of processes that is a power of two, not \(processes)")
    try require(
      !training.optimizerInBackward, "training.optimizer_in_backward",
      "updates before the gradients of the other processes are known; set it to false")
    return Trainer.BatchSize(total: batch.total, pieces: pieces)
  }

  /// The training section of one process of many: its part of a step's samples, and of the pieces.
  ///
  /// - Parameter processes: Their number.
  /// - Returns: The section with the batch of a process.
  /// - Throws: ``ConfigurationError`` for a batch that they cannot share.
  package func trainingOfProcess(of processes: Int) throws -> TrainingSection {
    let batch = try batch(processes: processes)
    var share = training
    share.batchSize = batch.total / processes
    share.gradAccumSteps = batch.pieces / processes
    return share
  }

  /// How a model's steps are shared; nil for a single process.
  func sharing(of parameters: [Parameter], in group: ProcessGroup?) throws -> GradientSharing? {
    let wire = try distributed.gradientWire()
    return group.map {
      GradientSharing(
        $0, of: parameters.filter(\.isTrainable), bucketBytes: distributed.bucketMiB << 20,
        wire: wire,
        shardsOptimizer: distributed.shardOptimizer)
    }
  }
}
