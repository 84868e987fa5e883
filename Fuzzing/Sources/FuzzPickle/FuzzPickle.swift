import FuzzSupport
import MixFlowCheckpoint

/// What precedes the pickle of the value in a checkpoint of before PyTorch 1.6: the magic number, the
/// version and nothing about the machine.
private let head: [UInt8] =
  [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
  + [0x80, 2, 0x4D, 0xE9, 3, 0x2E] + [0x80, 2, 0x7D, 0x2E]

/// What follows it: one storage, `0`, of two floating-point numbers.
private let tail: [UInt8] =
  [0x80, 2, 0x5D, 0x55, 1, 0x30, 0x61, 0x2E]
  + [2, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]

/// The bytes are a pickle alone, without the archive around it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPickle(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  InputFile.fuzz(start, count, after: head, before: tail) { path in
    let file = try TorchFile(contentsOf: path)
    for name in file.names where try file.info(for: name).count < 1 << 12 {
      _ = try? file.tensor(name)
    }
  }
}
