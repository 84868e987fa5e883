import MixFlowTestSupport
import MixFlowTraining
import Testing

/// What is said of data, runs, samples and processes that cannot go on; `Tests/Messages` has the words.
@Suite struct TrainingMessageTests {
  @Test func runs() throws {
    let errors: [TrainingError] = [
      .notFinite("loss", step: 7), .notFinite("gradient", step: 7),
      .spike("loss", value: 90, median: 3, step: 7),
      .spike("gradient", value: 90, median: 3, step: 7), .brokenUpdate(step: 7),
      .unsaved(step: 8, problem: "a.safetensors: cannot be written", newest: 4, folder: "runs/a"),
      .unsaved(step: 8, problem: "a.safetensors: cannot be written", newest: nil, folder: "runs/a"),
      .tooManySpikes(limit: 10, last: "the loss of step 7 is NaN"),
      .data("the data do not fit"), .run(folder: "runs/a", problem: "is in use"),
    ]
    try MessageTable("training-errors").expect(errors)
  }

  @Test func data() throws {
    let errors: [DataError] = [
      .unreadable(file: "a", reason: "no such file"),
      .invalid(file: "a", reason: "has no lines", mend: "remove it"),
      .nothingFound(folder: "a", expected: "PNG files"),
      .tooLarge(file: "a", bytes: 9, limit: 8),
      .countMismatch(images: "a", imageCount: 2, labels: "b", labelCount: 3),
      .labelOutOfRange(file: "a", index: 3, label: 4, classCount: 2),
      .sizeMismatch(file: "a", found: [2, 3], first: "b", expected: [4, 5]),
      .cannotResize(file: "a", found: [2, 3], size: 4),
      .invalidOption(name: "the margin", found: -1, expected: "a number from 0"),
      .tooManyClasses(257), .tooManyBadFiles(count: 1, limit: 0, reason: "a: no PNG"),
      .tooManyBadFiles(count: 3, limit: 2, reason: "a: no PNG"),
      .tooFew(className: "shoe", found: 2, wanted: 3),
    ]
    try MessageTable("data-errors").expect(errors)
  }

  @Test func samples() throws {
    let errors: [any Error] = [
      SamplingError.unknownClass(5, count: 3), SamplingError.noNullClass,
      SamplingError.unequalClasses(samples: 7, classes: 3), SamplingError.notFinite(firstSample: 8),
      AutoencoderFileError.notAlone("vae.pt"),
      AutoencoderFileError.unknown(["a.pt", "b.pt"], missing: ["decoder_embed.weight"]),
    ]
    try MessageTable("sampling-errors").expect(errors)
  }

  @Test func averages() throws {
    let errors: [PosthocError] = [
      .width(0.3), .noSnapshots(folder: "runs/a"),
      .incomplete(
        file: "4.safetensors", fault: "has 9 bytes instead of 8", folder: "runs/a/posthoc-ema"),
      .step(9, first: 2, last: 8, folder: "runs/a"),
      .otherRun(file: "4.safetensors", difference: "it holds another model than 8.safetensors"),
    ]
    try MessageTable("posthoc-errors").expect(errors)
  }

  @Test func processes() throws {
    let errors: [DistributedError] = [
      .noMPI(reason: "libmpi.so: cannot open"),
      .launch(variable: "OMPI_COMM_WORLD_SIZE", expected: 4, found: 1), .transfer(rank: 2),
      .mismatch(what: "a configuration", rank: 2),
    ]
    try MessageTable("process-errors").expect(errors)
  }
}
