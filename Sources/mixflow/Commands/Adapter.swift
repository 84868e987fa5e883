import ArgumentParser

/// `mixflow adapter`.
struct Adapter: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take low-rank adapters (LoRA) out of a run, merge them and unmerge them.",
    subcommands: [AdapterExtract.self, AdapterMerge.self, AdapterUnmerge.self])
}
