import FuzzSupport
import MixFlowTraining

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzIDX(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  InputFile.fuzz(start, count) { path in
    _ = try IDXFile(contentsOf: path, byteLimit: 1 << 20)
  }
}
