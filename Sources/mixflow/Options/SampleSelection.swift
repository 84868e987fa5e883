import ArgumentParser
import MixFlowTraining

/// The options that say which samples are drawn: their indices, their classes and their seed.
struct SampleSelection: ParsableArguments {
  @Option(name: .long, help: "The number of images.")
  var num = 16

  @Option(name: .long, help: "The index of the first image; by default 0.")
  var first: Int?

  @Option(name: .long, help: "Images drawn at once.")
  var batchSize = 16

  @Option(name: .long, help: "The seed of the noise.")
  var seed = 0

  @Option(name: .long, help: "Classes, such as 3 or 0,2,5-7, taken in turn; by default all.")
  var classes: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The classes' order: turns, one after another; equal, each equally often in RAE's order for "
        + "the seed; random."))
  var labelSampling = LabelSampling.turns

  /// One more than the largest index of an image.
  private static let indexLimit = 1_000_000_000

  func validate() throws {
    guard num > 0 else { throw ValidationError("'--num' must be positive, got \(num).") }
    let start = first ?? 0
    guard start >= 0 else { throw ValidationError("'--first' must not be negative, got \(start).") }
    guard start < Self.indexLimit, num <= Self.indexLimit - start else {
      throw ValidationError(
        "'--first' and '--num' ask for images up to \(start) + \(num); indices end at "
          + "\(Self.indexLimit).")
    }
    guard 1...4096 ~= batchSize else {
      throw ValidationError("'--batch-size' must be from 1 to 4096, got \(batchSize).")
    }
    guard seed >= 0 else { throw ValidationError("'--seed' must not be negative, got \(seed).") }
    _ = try ClassList(classes)
  }

  /// The indices of the samples that are wanted.
  var range: Range<Int> { (first ?? 0)..<(first ?? 0) + num }

  /// The class of each sample, for a model of so many classes.
  func labels(of classCount: Int) throws -> [Int] {
    let classes = try ClassList(classes).classes(of: classCount)
    do {
      return try labelSampling.labels(of: range, from: classes, seed: UInt64(seed))
    } catch {
      throw ValidationError(
        "'--label-sampling \(labelSampling.rawValue)', '--num \(num)': \(error).")
    }
  }

  /// What a sample of an index depends on, by the options' names.
  var settings: [(name: String, value: String)] {
    let own = [
      ("--seed", "\(seed)"), ("--classes", classes ?? "all"),
      ("--label-sampling", labelSampling.rawValue),
    ]
    // Equal shares are of the whole range; else a sample's class depends on its index alone.
    guard labelSampling == .equal else { return own }
    return own + [("--first", "\(first ?? 0)"), ("--num", "\(num)")]
  }
}

extension LabelSampling: ExpressibleByArgument {}
