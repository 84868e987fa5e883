import Synchronization

/// A file that cannot be read, in whose place another one is taken.
public struct SkippedFile: Equatable, Sendable {
  /// The path of the file.
  public let file: String
  /// What is wrong with it; it names the file too.
  public let reason: String
}

/// The files of a data set that were skipped so far, up to a limit.
final class SkippedFiles: Sendable {
  private struct State {
    var files: [SkippedFile] = []
    /// The samples whose files cannot be read, and those taken in their place.
    var replacements: [Int: Int] = [:]
  }

  /// The most files that may be skipped.
  let limit: Int
  private let state = Mutex(State())

  init(limit: Int) { self.limit = limit }

  /// All of them, in the order in which they were met.
  var files: [SkippedFile] { state.withLock { $0.files } }

  /// Returns the sample that is taken for another, which is the same one unless it was replaced.
  func replacement(of index: Int) -> Int { state.withLock { $0.replacements[index] ?? index } }

  /// Remembers that a sample was replaced.
  ///
  /// - Parameters:
  ///   - index: The sample.
  ///   - replacement: The one taken in its place.
  ///   - skipped: The files that cannot be read.
  /// - Throws: `DataError` where these are more than the limit.
  func add(_ index: Int, replacedBy replacement: Int, skipped: [SkippedFile]) throws(DataError) {
    guard !skipped.isEmpty else { return }
    let (count, last) = state.withLock { state in
      state.replacements[index] = replacement
      for file in skipped where !state.files.contains(where: { $0.file == file.file }) {
        state.files.append(file)
      }
      return (state.files.count, state.files.last)
    }
    guard count <= limit else {
      throw .tooManyBadFiles(count: count, limit: limit, reason: last?.reason ?? "")
    }
  }
}
