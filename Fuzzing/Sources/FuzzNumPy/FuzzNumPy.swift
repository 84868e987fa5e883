import FuzzSupport
import MixFlowCheckpoint

/// A first byte of `P` (of the zip archive `.npz`) chooses the reader.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNumPy(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  InputFile.fuzz(start, count) { path in
    guard count > 0, start[0] == UInt8(ascii: "P") else {
      _ = try NumPyArray(contentsOf: path)
      return
    }
    let file = try NPZFile(contentsOf: path)
    for name in file.names { _ = try? file.array(name) }
  }
}
