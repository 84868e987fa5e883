import Foundation

/// Creates a folder, and those above it, where they are missing.
///
/// - Parameters:
///   - path: The folder.
///   - option: The option that names another one, such as `--out`; nil where there is none.
/// - Throws: ``TrainingError/run(folder:problem:)`` with the system's reason and the mend.
package func createFolder(_ path: String, option: String? = nil) throws {
  guard let code = makeFolder(path) else { return }
  throw TrainingError.folder(path, cannotBe: "created", code, option: option)
}

extension TrainingError {
  /// A folder that the system refuses, with its reason and what to do.
  static func folder(
    _ path: String, cannotBe verb: String, _ code: Int32, option: String?
  ) -> TrainingError {
    let isTaken = code == EEXIST || code == ENOTDIR
    let mend = isTaken ? "remove the file that is in its way" : "permit writing there"
    let choice = option.map { "name another folder by \($0), or \(mend)" } ?? mend
    return .run(
      folder: path, problem: "cannot be \(verb) (\(String(cString: strerror(code)))); \(choice)")
  }
}

/// Makes a folder and those above it; returns the system's code for what keeps it from that.
private func makeFolder(_ path: String) -> Int32? {
  guard mkdir(path, 0o777) != 0 else { return nil }
  switch errno {
  case EEXIST:
    var status = stat()
    let isFolder = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    return isFolder ? nil : EEXIST
  case ENOENT:
    let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
    guard !parts.isEmpty else { return ENOENT }
    let parent = (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    if let code = makeFolder(parent) { return code }
    return mkdir(path, 0o777) == 0 || errno == EEXIST ? nil : errno
  case let code:
    return code
  }
}
