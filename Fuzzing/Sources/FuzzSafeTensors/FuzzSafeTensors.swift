import FuzzSupport
import MixFlowCheckpoint

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSafeTensors(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  InputFile.fuzz(start, count) { path in
    let file = try SafeTensorsFile(contentsOf: path)
    for name in file.names { _ = try? file.tensor(name) }
    _ = try StateDict(file)
  }
}
