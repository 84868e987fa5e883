/// A value to be written to a PyTorch checkpoint.
public indirect enum TorchItem: Sendable {
  /// Python's `None`.
  case none
  /// A truth value.
  case bool(Bool)
  /// An integer.
  case int(Int)
  /// A number in double precision.
  case float(Double)
  /// A text.
  case string(String)
  /// A list.
  case list([TorchItem])
  /// A tuple.
  case tuple([TorchItem])
  /// A `dict` whose keys are texts or integers, each once.
  case dictionary([(key: TorchItem, value: TorchItem)])
  /// A `collections.OrderedDict`, as `state_dict()` returns.
  case ordered([(key: String, value: TorchItem)])
  /// An `argparse.Namespace`, which is loaded with `weights_only=False` alone.
  case namespace([(key: String, value: TorchItem)])
  /// A tensor with a storage of its own.
  case tensor(StoredTensor)

  /// A `dict` whose keys are texts.
  public static func dictionary(_ entries: [(key: String, value: TorchItem)]) -> TorchItem {
    .dictionary(entries.map { (key: .string($0.key), value: $0.value) })
  }

  /// The tensors of a state dict.
  public static func stateDict(_ tensors: [(name: String, value: StoredTensor)]) -> TorchItem {
    .ordered(tensors.map { (key: $0.name, value: .tensor($0.value)) })
  }
}
