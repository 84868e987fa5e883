/// What keeps a zip archive from being used in place.
public enum ZipFault: Error, Equatable, Sendable {
  /// The directory at the end of the file is not there.
  case noDirectory
  /// The directory points outside the file or contradicts itself.
  case directory(String)
  /// An entry is compressed or encrypted.
  case notStored(entry: String)
  /// An entry lies outside the file, or its two headers differ.
  case entry(String, reason: String)
  /// Two entries share bytes of the file.
  case overlap(String, String)
  /// Two entries have one name.
  case duplicate(String)
  /// The bytes of an entry are not those that were written.
  case checksum(entry: String)
}

extension ZipFault: CustomStringConvertible {
  /// What was found, and the mend.
  public var description: String {
    switch self {
    case .noDirectory:
      "the zip directory at its end is missing; cut short? download or save it again"
    case .directory(let reason):
      "the zip directory is damaged: \(reason); download or save it again"
    case .notStored(let entry):
      "\(entry) is compressed or encrypted; torch.save stores entries as they are: save it again"
    case .entry(let entry, let reason):
      "the zip entry \(entry) \(reason); download or save it again"
    case .overlap(let first, let second):
      "the zip entries \(first) and \(second) overlap; download or save it again"
    case .duplicate(let entry):
      "two zip entries are named \(entry); download or save it again"
    case .checksum(let entry):
      "the checksum of \(entry) does not match; damaged: download or save it again"
    }
  }
}
