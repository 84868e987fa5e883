import MixFlowModels

extension ModelSection {
  /// Which network it is.
  ///
  /// - Throws: ``ConfigurationError`` for a name that is none.
  public func kind() throws -> ModelKind {
    guard
      let kind = ModelKind.allCases.first(where: { $0.rawValue.lowercased() == type.lowercased() })
    else {
      let known = ModelKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError(key: "model.type", problem: "unknown '\(type)'; known: \(known)")
    }
    return kind
  }

  /// The sizes that this section describes, checked.
  ///
  /// - Throws: ``ConfigurationError`` that names the key.
  public func resolved() throws -> ModelConfiguration {
    try require(
      (0...1).contains(classDropoutProb), "model.class_dropout_prob",
      "\(classDropoutProb) is not in [0, 1]")
    let kind = try kind()
    try refuseOptionsOfOthers(than: kind)
    let configuration: ModelConfiguration =
      switch kind {
      case .sit: .sit(try transformer())
      case .dit: .dit(try transformer())
      case .repa:
        .repa(
          REPASiTConfiguration(
            try transformer(), encoderDepth: encoderDepth, featureWidths: zDims,
            projectorWidth: projectorDim, qkNorm: useQKNorm))
      case .lightningDiT: .lightningDiT(try lightningDiT())
      case .ditDH: .ditDH(try ditDH())
      }
    do {
      try configuration.validate()
    } catch {
      throw ConfigurationError(key: "model.\(error.key)", problem: error.problem)
    }
    return configuration
  }

  /// Options of other networks would have no effect.
  private func refuseOptionsOfOthers(than kind: ModelKind) throws {
    let plain = ModelSection()
    func refuse<Value: Equatable>(
      _ key: CodingKeys, _ option: KeyPath<ModelSection, Value>, unless kinds: [ModelKind]
    ) throws {
      try require(
        kinds.contains(kind) || self[keyPath: option] == plain[keyPath: option],
        "model.\(key.rawValue)",
        "has no effect on a \(kind.rawValue); it is for \(kinds.map(\.rawValue).joined(separator: ", "))"
      )
    }
    let gated: [ModelKind] = [.lightningDiT, .ditDH]
    try refuse(.useQKNorm, \.useQKNorm, unless: gated + [.repa])
    try refuse(.useSwiGLU, \.useSwiGLU, unless: gated)
    try refuse(.useRoPE, \.useRoPE, unless: gated)
    try refuse(.useRMSNorm, \.useRMSNorm, unless: gated)
    try refuse(.woShift, \.woShift, unless: gated)
    try refuse(.trainPosEmbed, \.trainPosEmbed, unless: gated)
    try refuse(.trainFourier, \.trainFourier, unless: gated)
    try refuse(.usePosEmbed, \.usePosEmbed, unless: [.ditDH])
    try refuse(.encoderDepth, \.encoderDepth, unless: [.repa])
    try refuse(.zDims, \.zDims, unless: [.repa])
    try refuse(.projectorDim, \.projectorDim, unless: [.repa])
    guard kind != .ditDH else { return }
    for (key, sizes) in [("hidden_size", hiddenSize), ("depth", depth), ("num_heads", numHeads)] {
      try require(
        sizes.encoder == sizes.head, "model.\(key)",
        "has two numbers, but a \(kind.rawValue) has one stage")
    }
  }

  private func transformer() throws -> SiTConfiguration {
    var sizes = SiTConfiguration(
      inputSize: inputSize, patchSize: patchSize, inChannels: inChannels, width: hiddenSize.encoder,
      depth: depth.encoder, heads: numHeads.encoder, mlpRatio: mlpRatio, classCount: numClasses,
      hasNullClass: classDropoutProb > 0, learnSigma: learnSigma)
    if let name {
      let published = try setting("model.name") {
        try SiTConfiguration(named: name.replacing("DiT-", with: ""))
      }
      sizes.patchSize = published.patchSize
      sizes.width = published.width
      sizes.depth = published.depth
      sizes.heads = published.heads
    }
    return sizes
  }

  private func lightningDiT() throws -> LightningDiTConfiguration {
    var sizes = LightningDiTConfiguration()
    sizes.inputSize = inputSize
    sizes.patchSize = patchSize
    sizes.inChannels = inChannels
    (sizes.width, sizes.depth, sizes.heads) = (hiddenSize.encoder, depth.encoder, numHeads.encoder)
    if let name {
      let published = try setting("model.name") { try LightningDiTConfiguration(named: name) }
      (sizes.width, sizes.depth, sizes.heads) = (published.width, published.depth, published.heads)
      sizes.patchSize = published.patchSize
    }
    sizes.mlpRatio = mlpRatio
    sizes.classCount = numClasses
    sizes.classDropoutProbability = classDropoutProb
    sizes.learnSigma = learnSigma
    sizes.usesQKNorm = useQKNorm
    sizes.usesSwiGLU = useSwiGLU
    sizes.usesRoPE = useRoPE
    sizes.usesRMSNorm = useRMSNorm
    sizes.withoutShift = woShift
    sizes.trainsPositions = trainPosEmbed
    sizes.trainsFrequencies = trainFourier
    return sizes
  }

  private func ditDH() throws -> DiTDHConfiguration {
    var sizes = DiTDHConfiguration()
    sizes.inputSize = inputSize
    sizes.patchSize = patchSize
    sizes.inChannels = inChannels
    sizes.encoder = DiTDHStage(
      width: hiddenSize.encoder, depth: depth.encoder, heads: numHeads.encoder)
    sizes.decoder = DiTDHStage(width: hiddenSize.head, depth: depth.head, heads: numHeads.head)
    if let name {
      let published = try setting("model.name") { try DiTDHConfiguration(named: name) }
      (sizes.encoder, sizes.decoder) = (published.encoder, published.decoder)
    }
    sizes.mlpRatio = mlpRatio
    sizes.classCount = numClasses
    sizes.classDropoutProbability = classDropoutProb
    sizes.usesQKNorm = useQKNorm
    sizes.usesSwiGLU = useSwiGLU
    sizes.usesRoPE = useRoPE
    sizes.usesRMSNorm = useRMSNorm
    sizes.withoutShift = woShift
    sizes.usesPositions = usePosEmbed
    sizes.trainsPositions = trainPosEmbed
    sizes.trainsFrequencies = trainFourier
    return sizes
  }
}

extension ModelSection {
  /// Creates the section that describes a model.
  public init(_ configuration: ModelConfiguration) {
    type = configuration.kind.rawValue
    switch configuration {
    case .sit(let sizes), .dit(let sizes): take(sizes)
    case .repa(let sizes):
      take(sizes.transformer)
      encoderDepth = sizes.encoderDepth
      zDims = sizes.featureWidths
      projectorDim = sizes.projectorWidth
      useQKNorm = sizes.qkNorm
    case .lightningDiT(let sizes):
      (inputSize, patchSize, inChannels) = (sizes.inputSize, sizes.patchSize, sizes.inChannels)
      hiddenSize = StageSizes(integerLiteral: sizes.width)
      depth = StageSizes(integerLiteral: sizes.depth)
      numHeads = StageSizes(integerLiteral: sizes.heads)
      (mlpRatio, numClasses) = (sizes.mlpRatio, sizes.classCount)
      classDropoutProb = sizes.classDropoutProbability
      learnSigma = sizes.learnSigma
      (useQKNorm, useSwiGLU, useRoPE) = (sizes.usesQKNorm, sizes.usesSwiGLU, sizes.usesRoPE)
      (useRMSNorm, woShift) = (sizes.usesRMSNorm, sizes.withoutShift)
      (trainPosEmbed, trainFourier) = (sizes.trainsPositions, sizes.trainsFrequencies)
    case .ditDH(let sizes):
      (inputSize, patchSize, inChannels) = (sizes.inputSize, sizes.patchSize, sizes.inChannels)
      hiddenSize = StageSizes(sizes.encoder.width, sizes.decoder.width)
      depth = StageSizes(sizes.encoder.depth, sizes.decoder.depth)
      numHeads = StageSizes(sizes.encoder.heads, sizes.decoder.heads)
      (mlpRatio, numClasses) = (sizes.mlpRatio, sizes.classCount)
      classDropoutProb = sizes.classDropoutProbability
      learnSigma = false
      (useQKNorm, useSwiGLU, useRoPE) = (sizes.usesQKNorm, sizes.usesSwiGLU, sizes.usesRoPE)
      (useRMSNorm, woShift) = (sizes.usesRMSNorm, sizes.withoutShift)
      usePosEmbed = sizes.usesPositions
      (trainPosEmbed, trainFourier) = (sizes.trainsPositions, sizes.trainsFrequencies)
    }
  }

  private mutating func take(_ sizes: SiTConfiguration) {
    (inputSize, patchSize, inChannels) = (sizes.inputSize, sizes.patchSize, sizes.inChannels)
    hiddenSize = StageSizes(integerLiteral: sizes.width)
    depth = StageSizes(integerLiteral: sizes.depth)
    numHeads = StageSizes(integerLiteral: sizes.heads)
    (mlpRatio, numClasses) = (sizes.mlpRatio, sizes.classCount)
    classDropoutProb = sizes.hasNullClass ? classDropoutProb : 0
    learnSigma = sizes.learnSigma
  }
}
