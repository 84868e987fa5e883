import FuzzSupport
import MixFlowCheckpoint

/// A whole checkpoint of either layout; the seeds' archives say of no entry what its checksum is, so
/// that mutations of the pickle are read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTorch(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  InputFile.fuzz(start, count) { path in
    let file = try TorchFile(contentsOf: path)
    for name in file.names where try file.info(for: name).count < 1 << 16 {
      _ = try? file.tensor(name)
      _ = try? file.integers(name)
    }
  }
}
