import Foundation

/// A small file system in memory, to be filled.
public final class SmallDisk {
  private let folder: TemporaryFolder
  /// Where it is mounted.
  public var path: String { folder.path }

  /// Whether this process may mount one.
  public static let isAvailable = (try? SmallDisk()) != nil

  /// Mounts an empty one.
  public init(megabytes: Int = 1) throws {
    folder = try TemporaryFolder()
    try Self.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder.path)
  }

  /// Changes how it is mounted: `ro` or `rw`.
  public func remount(_ option: String) throws {
    try Self.run("mount", "-o", "remount,\(option)", folder.path)
  }

  deinit { try? Self.run("umount", folder.path) }

  private static func run(_ command: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}
