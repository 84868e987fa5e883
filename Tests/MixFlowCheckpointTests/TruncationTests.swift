import Foundation
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

/// What happens to a program whose checkpoint another process cuts short in place.
@Suite struct TruncationTests {
  /// Reads an element of a mapped tensor whose page has gone; does not return.
  private static func readBeyondTheEnd() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("cut.safetensors")
    try SafeTensorsWriter.write(
      [(name: "a", value: .float32(Tensor(shape: [1 << 16]) { $0.update(repeating: 1) }))],
      metadata: [:], to: path)
    let tensor = try SafeTensorsFile(contentsOf: path).tensor("a")
    truncate(path, 4096)
    print(tensor.withUnsafeBufferPointer { $0[$0.count - 1] })
  }

  @Test func isExplained() async throws {
    let result = try await #require(
      processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
    ) {
      explainTruncation()
      try TruncationTests.readBeyondTheEnd()
    }
    let message = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(message.hasPrefix("mixflow: error: "))
    #expect(message.contains("/cut.safetensors: was cut short while in use"), "\(message)")
  }

  /// A library leaves signals to the program.
  @Test func endsTheProgramUnlessAskedFor() async {
    await #expect(processExitsWith: .signal(SIGBUS)) { try TruncationTests.readBeyondTheEnd() }
  }

  /// A fault elsewhere is none of a file's.
  @Test func leavesOtherFaults() async {
    await #expect(processExitsWith: .signal(SIGBUS)) {
      explainTruncation()
      raise(SIGBUS)
      raise(SIGBUS)
    }
  }
}
