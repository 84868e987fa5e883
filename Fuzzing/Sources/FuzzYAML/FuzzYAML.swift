import FuzzSupport
import MixFlowConfiguration

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzYAML(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  InputFile.fuzz(start, count) { path in _ = try ConfigurationFile.load(path: path) }
}
