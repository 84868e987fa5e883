import Foundation

/// Writes to the standard streams, whose disk may be full and whose reader may have gone, as that
/// of `mixflow … | head -1` goes.
enum StandardStream {
  /// Writes a result and a new line to standard output.
  ///
  /// - Parameter text: The result. Where the reader has gone it is dropped, as nobody wants it.
  /// - Throws: ``UnwritableResult`` where it could not be written for another reason.
  static func print(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      guard let cause, cause.domain == NSPOSIXErrorDomain else {
        throw UnwritableResult(reason: error.localizedDescription)
      }
      guard cause.code != Int(EPIPE) else { return }
      throw UnwritableResult(reason: String(cString: strerror(Int32(cause.code))))
    }
  }

  /// Writes text to standard error; where that fails it is lost, but the work goes on.
  static func log(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Has writing to a reader that has gone fail instead of ending the program.
  static func outliveReaders() { signal(SIGPIPE, SIG_IGN) }
}

/// A result that did not reach standard output.
struct UnwritableResult: Error, CustomStringConvertible {
  let reason: String

  var description: String { "the result cannot be written to standard output: \(reason)" }
}
