/// The classes and functions that a checkpoint may name, each a rule to build data here.
///
/// Nothing of Python runs: a name is a case of this list, or the file is refused.
enum PickleGlobal: Equatable {
  case orderedDictionary
  case defaultDictionary
  /// A plain class that only a default dictionary names.
  case factory
  case namespace
  case set
  case path
  /// `_codecs.encode`, by which protocol 2 writes bytes.
  case encode
  case size
  case device
  case rebuildTensor(TorchRebuild)
  case rebuildParameter
  case rebuildFromType
  /// `torch.Tensor` or `torch.nn.Parameter`.
  case tensorClass
  case storage(ScalarType)
  /// An element type, such as `torch.bfloat16`.
  case scalarType(ScalarType)

  /// Looks `module.name` up.
  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("collections", "defaultdict"): self = .defaultDictionary
    case ("argparse", "Namespace"), ("types", "SimpleNamespace"): self = .namespace
    case ("_codecs", "encode"): self = .encode
    case ("pathlib", "PosixPath"), ("pathlib", "WindowsPath"), ("pathlib._local", "PosixPath"),
      ("pathlib._local", "WindowsPath"):
      self = .path
    case ("torch", "Size"): self = .size
    case ("torch", "device"): self = .device
    case ("torch", "Tensor"), ("torch.nn.parameter", "Parameter"): self = .tensorClass
    case ("torch._utils", "_rebuild_parameter"),
      ("torch._utils", "_rebuild_parameter_with_state"):
      self = .rebuildParameter
    case ("torch._tensor", "_rebuild_from_type_v2"): self = .rebuildFromType
    case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): self = .storage(.uint8)
    case ("torch._utils", _):
      guard let form = TorchRebuild(rawValue: name) else { return nil }
      self = .rebuildTensor(form)
    case ("__builtin__", _), ("builtins", _):
      guard ["set", "frozenset", "dict", "list", "int", "float"].contains(name) else { return nil }
      self = name.hasSuffix("set") ? .set : .factory
    case ("torch", _), ("torch.cuda", _):
      if let type = ScalarType(torchStorage: name) {
        self = .storage(type)
      } else if let type = ScalarType(torchName: name) {
        self = .scalarType(type)
      } else {
        return nil
      }
    default: return nil
    }
  }
}

/// The functions that make a tensor of a storage.
enum TorchRebuild: String {
  case first = "_rebuild_tensor"
  case second = "_rebuild_tensor_v2"
  /// For element types that have no storage class of their own.
  case third = "_rebuild_tensor_v3"
}

extension ScalarType {
  /// The element types and what PyTorch calls them.
  private static let torchNames: [(type: ScalarType, name: String, storage: String?)] = [
    (.float32, "float32", "FloatStorage"), (.float64, "float64", "DoubleStorage"),
    (.float16, "float16", "HalfStorage"), (.bfloat16, "bfloat16", "BFloat16Storage"),
    (.int64, "int64", "LongStorage"), (.int32, "int32", "IntStorage"),
    (.int16, "int16", "ShortStorage"), (.int8, "int8", "CharStorage"),
    (.uint8, "uint8", "ByteStorage"), (.bool, "bool", "BoolStorage"), (.uint16, "uint16", nil),
    (.uint32, "uint32", nil), (.uint64, "uint64", nil),
    (.complex64, "complex64", "ComplexFloatStorage"), (.float8E4M3, "float8_e4m3fn", nil),
    (.float8E5M2, "float8_e5m2", nil), (.float8E4M3FNUZ, "float8_e4m3fnuz", nil),
    (.float8E5M2FNUZ, "float8_e5m2fnuz", nil), (.float8E8M0, "float8_e8m0fnu", nil),
  ]

  /// The type that PyTorch calls `torch.<name>`.
  init?(torchName name: String) {
    guard let row = Self.torchNames.first(where: { $0.name == name }) else { return nil }
    self = row.type
  }

  /// The type of the elements of a storage class.
  init?(torchStorage name: String) {
    guard let row = Self.torchNames.first(where: { $0.storage == name }) else { return nil }
    self = row.type
  }

  /// What PyTorch calls it, without `torch.`.
  var torchName: String? { Self.torchNames.first { $0.type == self }?.name }

  /// The storage class that holds it, or nil where it has none of its own.
  var torchStorage: String? { Self.torchNames.first { $0.type == self }?.storage }
}
