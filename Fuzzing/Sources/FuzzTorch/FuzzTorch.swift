import FuzzSupport
import MixFlowCheckpoint

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTorch(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  InputFile.fuzz(start, count) { path in
    let file = try TorchFile(contentsOf: path)
    for name in file.names where try file.info(for: name).count < 1 << 16 {
      _ = try? file.tensor(name)
    }
  }
}
