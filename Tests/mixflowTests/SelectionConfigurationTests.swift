import MixFlowConfiguration
import MixFlowTraining
import Testing

/// Patterns over parameters, as configurations write them.
@Suite struct SelectionConfigurationTests {
  @Test(arguments: [
    ("training.freeze", ["training.freeze=[blocks.*.atn.*]"], "'blocks.0.attn"),
    ("training.freeze", ["training.freeze=['*']"], "leaves no parameter"),
    ("training.train_only", ["training.train_only=[final_layer.linear.weigth]"], "linear.weight'"),
    ("training.train_only", ["training.train_only=[a]", "training.freeze=[b]"], "cannot go"),
    ("training.learning_rates", ["training.learning_rates=[{pattern: zz, factor: 2}]"], "'zz'"),
    ("training.learning_rates", ["training.learning_rates=[{pattern: '*', rate: -1}]"], "from 0"),
    (
      "training.learning_rates[0].factr", ["training.learning_rates=[{pattern: a, factr: 1}]"],
      "'factor'"
    ),
    ("training.learning_rates[0]", ["training.learning_rates=[{factor: 1}]"], "'pattern'"),
    ("training.learning_rates[0]", ["training.learning_rates=[{pattern: a}]"], "'rate'"),
    ("training.weight_decays", ["training.weight_decays=[{pattern: '*', decay: .nan}]"], "from 0"),
  ])
  func namesWhatCannotBe(key: String, settings: [String], hint: String) throws {
    let error = #expect(throws: ConfigurationError.self) {
      let changed = try ConfigurationFile.change(RunConfiguration(), settings: settings)
      let sizes = try changed.validated()
      _ = try SelectionReport(changed, of: sizes)
    }
    #expect(error?.key == key)
    #expect(error?.problem.contains(hint) ?? false, "\(error?.problem ?? "")")
  }

  @Test func rulesReadBack() throws {
    let text =
      "training: {learning_rates: [{pattern: 'a*', rate: 1e-3}, {pattern: b, factor: 2}],\n"
      + "  weight_decays: [{pattern: c, decay: 0.1}], freeze: ['d?']}"
    let read = try ConfigurationFile.load(text: text, source: "run.yaml")
    #expect(read.training.learningRates.map(\.rate) == [1e-3, nil])
    let yaml = try ConfigurationFile.yaml(read)
    #expect(try ConfigurationFile.load(text: yaml, source: "run.yaml") == read, "\(yaml)")
    #expect(try RunConfiguration(saved: json(read)) == read)
  }
}
