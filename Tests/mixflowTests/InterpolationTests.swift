import MixFlowConfiguration
import Testing

/// OmegaConf's references within files of RAE.
@Suite struct InterpolationTests {
  private func read(_ tail: String) throws -> ConfigurationFile.Reading {
    try ConfigurationFile.read(
      text: """
        stage_2:
          target: stage2.models.DDT.DiTwDDTHead
          params: {input_size: 16, num_classes: '${misc.num_classes}'}
        \(tail)
        """, source: "rae.yaml")
  }

  @Test func takesValuesWithTheirTypes() throws {
    let configuration = try read(
      """
      misc:
        num_classes: 10
        latent_size: [768, '${stage_2.params.input_size}', '${misc.latent_size[1]}']
      eval: {metrics: classes}
      data: {split: train, path: '${misc.num_classes}/${.split}/\\${x}'}
      training:
        base_lr: 1e-3
        final_lr: ${.base_lr}
        ckpt_every: ${misc.num_${eval.metrics}}
        log_every: ${..training.ckpt_every}
        global_seed: ${misc.latent_size.0}
      """
    ).configuration
    #expect(configuration.model.numClasses == 10)
    #expect(configuration.training.scheduler.finalLR == 1e-3)
    #expect(configuration.training.checkpointEvery == 10)
    #expect(configuration.training.logEvery == 10)
    #expect(configuration.training.seed == 768)
    #expect(configuration.data.path == "10/train/${x}")
  }

  @Test(arguments: [
    (
      "misc: {num_classes: '${misc.num_classes}'}",
      "refers to itself: misc.num_classes -> misc.num_classes"
    ),
    (
      "misc: {num_classes: '${misc.null_label}', null_label: '${misc.num_classes}'}",
      "refers to itself: misc.num_classes -> misc.null_label -> misc.num_classes"
    ),
    (
      "misc: {null_label: 3}",
      "'${misc.num_classes}' names misc.num_classes, which is not in the file"
    ),
    ("misc: {num_classes: '${oc.env:HOME}'}", "is a resolver of OmegaConf; write its value"),
    ("misc: {num_classes: '${training'}", "opens '${' and does not close it"),
    ("misc: {num_classes: 'a${misc}'}", "puts a section into a text; name a single value"),
  ])
  func refuses(tail: String, message: String) {
    #expect {
      try read(tail)
    } throws: { error in
      "\(error)".contains(message) && "\(error)".hasPrefix("rae.yaml:")
    }
  }

  @Test func boundsTheWork() {
    let chain = (0..<400).map { "  k\($0): ${misc.k\($0 + 1)}" }.joined(separator: "\n")
    let tree = (0..<40).map { "  k\($0): ${.k\($0 + 1)}${.k\($0 + 1)}" }.joined(separator: "\n")
    for lines in [chain + "\n  k400: 1", tree + "\n  k40: x"] {
      #expect {
        try read("misc:\n  num_classes: 1\n" + lines)
      } throws: {
        "\($0)".contains("references nest too deep or are too many")
      }
    }
  }
}
