import Foundation
import MixFlowConfiguration
import MixFlowTraining
import Testing

@Suite struct ConfigurationFileTests {
  private func load(_ text: String, _ settings: String...) throws -> RunConfiguration {
    try ConfigurationFile.load(text: text, source: "run.yaml", settings: settings)
  }

  @Test(arguments: ["", "# nothing\n", "---\n", "null", "training: {}\n"])
  func emptyIsDefault(text: String) throws {
    #expect(try load(text) == RunConfiguration())
  }

  @Test func readsNumbersOfEverySpelling() throws {
    let configuration = try load(
      """
      training:
        learning_rate: 1e-4
        eps: 1E-6
        weight_decay: 5.
        clip_grad: .5
        max_steps: 64.0
        batch_size: 1e3
        ema_decay: 1
        betas: [+0.5, 9.5e-1]
        seed: 0x10
      sampler: {atol: 2, rtol: -1.e-2, diffusion_norm: .inf}
      """)
    let training = configuration.training
    #expect(training.learningRate == 1e-4)
    #expect(training.eps == 1e-6)
    #expect(training.weightDecay == 5)
    #expect(training.clipGrad == 0.5)
    #expect(training.maxSteps == 64)
    #expect(training.batchSize == 1000)
    #expect(training.emaDecay == 1)
    #expect(training.betas == [0.5, 0.95])
    #expect(training.seed == 16)
    #expect(configuration.sampler.atol == 2)
    #expect(configuration.sampler.rtol == -0.01)
    #expect(configuration.sampler.diffusionNorm == .infinity)
  }

  @Test(arguments: ["null", "~", "", "Null"])
  func nullClearsASetting(spelling: String) throws {
    let configuration = try load(
      "mixflow: {gamma: 0.4}\ntraining: {clip_grad: 1.0}", "mixflow.gamma=\(spelling)")
    #expect(configuration.mixflow.gamma == nil)
    #expect(configuration.training.clipGrad == 1)
  }

  @Test func laterSettingsWin() throws {
    let configuration = try load(
      "training: {seed: 1}", "training.seed=2", "training.seed=3", "model.name=SiT-S/2",
      "training.betas=[0.9, 0.95]", "data.flip=true", "training.scheduler.type='cosine'")
    #expect(configuration.training.seed == 3)
    #expect(configuration.model.name == "SiT-S/2")
    #expect(configuration.training.betas == [0.9, 0.95])
    #expect(configuration.data.flip)
    #expect(configuration.training.scheduler.type == "cosine")
  }

  @Test func quotedIsText() throws {
    let configuration = try load("data: {path: '2024', split: \"true\"}\nmodel: {name: !!str null}")
    #expect(configuration.data.path == "2024")
    #expect(configuration.data.split == "true")
    #expect(configuration.model.name == "null")
  }

  @Test func followsAnchors() throws {
    let configuration = try load("training: {seed: &n 7, log_every: *n}")
    #expect(configuration.training.logEvery == 7)
  }

  @Test(arguments: [
    nil, "", "yes", "null", "~", "true", "1e-4", "12", "2024-01-01", "a: b", "# x", " led", "- x",
    "two\nlines", "über/Ünï", "*x", "&x", "it's", "\"q\"", "[", "0x1F", "=", "<<", ".inf",
    String(repeating: "long ", count: 60) + "end",
  ])
  func resolvedTextReadsBack(path: String?) throws {
    var configuration = RunConfiguration()
    configuration.data.path = path
    configuration.training.learningRate = 0.1 + 0.2
    configuration.training.eps = 1e-8
    configuration.training.emaDecay = 0.9999
    configuration.training.clipGrad = .infinity
    configuration.mixflow.gamma = 0.4
    configuration.transport.timeDistShift = .leastNonzeroMagnitude
    configuration.training.seed = .max
    let text = try ConfigurationFile.yaml(configuration)
    #expect(try load(text) == configuration, "\(text)")
  }

  @Test func resolvedTextNamesEveryKeyInOrder() throws {
    let lines = try ConfigurationFile.yaml(RunConfiguration()).split(separator: "\n")
    #expect(lines.prefix(3) == ["model:", "  type: SiT", "  name: null"])
    #expect(lines.contains("  betas: [0.9, 0.999]"))
    #expect(lines.contains("  eps: 1.0e-08"))
    #expect(lines.contains("  learn_sigma: true"))
    #expect(lines.contains("    final_lr: 0.0"))
    #expect(lines.last == "  guide: null")
  }

  private static let badFiles: [(text: String, message: String)] = [
    (
      "training:\n  lerning_rate: 1",
      "run.yaml:2: training.lerning_rate: unknown key; did you mean 'learning_rate'?"
    ),
    (
      "learning_rate: 1",
      "run.yaml:1: learning_rate: unknown key; did you mean 'training.learning_rate'?"
    ),
    (
      "\n\nzzzzzzzzzz: 1",
      """
      run.yaml:3: zzzzzzzzzz: unknown key; known: model, data, autoencoder, transport, mixflow, \
      training, lora, validation, distributed, sampler, guidance
      """
    ),
    (
      "? [a]\n: 1",
      """
      run.yaml:1: a list: unknown key; known: model, data, autoencoder, transport, mixflow, \
      training, lora, validation, distributed, sampler, guidance
      """
    ),
    (
      "training:\n  batch_size: abc",
      "run.yaml:2: training.batch_size: expected a whole number, found 'abc'"
    ),
    (
      "training: {batch_size: 1.5}",
      "run.yaml:1: training.batch_size: expected a whole number, found '1.5'"
    ),
    (
      "training: {batch_size: 99999999999999999999}",
      "run.yaml:1: training.batch_size: expected a whole number, found '99999999999999999999'"
    ),
    (
      "training: {batch_size: null}",
      "run.yaml:1: training.batch_size: expected a whole number, found null"
    ),
    (
      "training: {batch_size: '8'}",
      "run.yaml:1: training.batch_size: expected a whole number, found '8'"
    ),
    (
      "training: {keep_every: often}",
      "run.yaml:1: training.keep_every: expected a whole number, found 'often'"
    ),
    (
      "training: {learning_rate: 1e-4x}",
      "run.yaml:1: training.learning_rate: expected a number, found '1e-4x'"
    ),
    (
      "training: {learning_rate: true}",
      "run.yaml:1: training.learning_rate: expected a number, found 'true'"
    ),
    ("mixflow: {gamma: much}", "run.yaml:1: mixflow.gamma: expected a number, found 'much'"),
    ("data: {flip: yes}", "run.yaml:1: data.flip: expected true or false, found 'yes'"),
    ("data: {flip: 1}", "run.yaml:1: data.flip: expected true or false, found '1'"),
    ("data: {path: 2024}", "run.yaml:1: data.path: expected text, found '2024'"),
    (
      "training: {betas: 0.9}",
      "run.yaml:1: training.betas: expected a list, found '0.9'"
    ),
    (
      "training: {betas: [0.9, x]}",
      "run.yaml:1: training.betas[1]: expected a number, found 'x'"
    ),
    (
      "training: {betas: [[0.9], 1]}",
      "run.yaml:1: training.betas[0]: expected a value, found a list"
    ),
    ("training: {seed: [1]}", "run.yaml:1: training.seed: expected a whole number, found a list"),
    ("training: {seed: {a: 1}}", "run.yaml:1: training.seed: expected a value, found a section"),
    ("training: 3", "run.yaml:1: training: expected a section with keys, found '3'"),
    ("training:\n  - seed: 1", "run.yaml:2: training: expected a section with keys, found a list"),
    ("training:\ndata: {}", "run.yaml:1: training: expected a section with keys, found null"),
    ("- training", "run.yaml:1: expected a section with keys, found a list"),
    ("just words", "run.yaml:1: expected a section with keys, found 'just words'"),
    ("training: {seed: 1, seed: 2}", "run.yaml:1: seed: is given twice; remove one"),
    (
      "data: {path: !include x}",
      "run.yaml:1: data.path: the tag '!include' is not known here; leave it out"
    ),
    (
      "training: {seed: 1",
      "run.yaml:2: column 1: while parsing a flow mapping, did not find expected ',' or '}'"
    ),
    (
      "training:\n\tseed: 1",
      "run.yaml:2: column 1: while scanning for the next token, found character that cannot start any token"
    ),
    ("training: {seed: *n}", "run.yaml:1: column 18: found undefined alias"),
    (
      "a: 1\n---\nb: 2",
      "run.yaml:2: column 1: expected a single document in the stream, but found another document"
    ),
    (String(repeating: "[", count: 100_000), "run.yaml: nests too deep for a configuration"),
    (String(repeating: "- ", count: 50_000), "run.yaml: nests too deep for a configuration"),
    ("data: {path: \"a\u{0}b\"}", "run.yaml: control characters are not allowed"),
  ]

  @Test(arguments: badFiles)
  func refuses(text: String, message: String) {
    #expect(message == self.message { try load(text) })
  }

  @Test(arguments: [
    (
      "training.lerning_rate=1",
      "--set: training.lerning_rate: unknown key; did you mean 'learning_rate'?"
    ),
    ("seed=1", "--set: seed: unknown key; did you mean 'training.seed'?"),
    (
      "training.seed.x=1",
      "--set: training.seed.x: unknown key; the setting before it has no keys of its own"
    ),
    (
      "training={seed: 1}",
      "--set: training: is a section; set one of its keys, such as training.max_steps"
    ),
    ("training.seed", "--set: training.seed: expected key=value, such as training.seed=3"),
    ("training.seed=abc", "--set: training.seed: expected a whole number, found 'abc'"),
    ("training.betas=[1, b]", "--set: training.betas[1]: expected a number, found 'b'"),
    (
      "data.path=a: b: c",
      "--set 'data.path=a: b: c': column 5: mapping values are not allowed in this context"
    ),
    ("data.path=a: b", "--set: data.path: expected a value, found a section"),
  ])
  func refusesSetting(setting: String, message: String) {
    #expect(message == self.message { try load("training: {seed: 1}", setting) })
  }

  @Test func namesTheSettingThatBrokeTheFile() {
    let message = message {
      try load("training: {seed: x}", "training.log_every=y", "data.split=a")
    }
    #expect(message == "run.yaml:1: training.seed: expected a whole number, found 'x'")
  }

  @Test func readsFilesOrNamesThem() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "mixflow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let marked = folder.path + "/marked.yaml"
    try Data("\u{FEFF}training: {seed: 5}\r\n".utf8).write(to: URL(filePath: marked))
    #expect(try ConfigurationFile.load(path: marked).training.seed == 5)
    let (missing, latin, large) = (
      folder.path + "/no.yaml", folder.path + "/latin.yaml", folder.path + "/large.yaml"
    )
    try Data([0x61, 0xE9, 0x0A]).write(to: URL(filePath: latin))
    try Data(repeating: 0x23, count: 300_000).write(to: URL(filePath: large))
    #expect(
      message { try ConfigurationFile.load(path: missing) }
        == "\(missing): cannot be read: No such file or directory")
    #expect(
      message { try ConfigurationFile.load(path: folder.path) }
        == "\(folder.path): cannot be read: Is a directory")
    #expect(
      message { try ConfigurationFile.load(path: latin) }
        == "\(latin): is not UTF-8 text; not a configuration, or save it as UTF-8")
    #expect(
      message { try ConfigurationFile.load(path: large) }
        == "\(large): is larger than 262144 bytes; not a configuration")
  }

  private func message(_ body: () throws -> RunConfiguration) -> String {
    do {
      return "no error: \(try body())"
    } catch {
      return "\(error)"
    }
  }
}
