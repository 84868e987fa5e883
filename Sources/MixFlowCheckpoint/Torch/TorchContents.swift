/// The tensors and the plain values of a pickle, by the keys that lead to them, joined by dots.
struct TorchContents {
  /// The deepest nesting that is followed; a list that holds itself has no end.
  static let depthLimit = 64
  /// The most bytes that all names and texts may take together.
  static let textLimit = 1 << 26

  /// The most tensors that have names.
  static let tensorLimit = 1 << 18
  /// How often all tensors together may read the bytes of the storages, as tied weights do.
  static let sharingLimit = 16

  private(set) var tensors: [(name: String, value: TorchTensor)] = []
  private(set) var texts: [(name: String, text: String)] = []
  private let heap: PickleHeap
  private var names: Set<String> = []
  private var textBytes = 0
  /// The bytes that reading all tensors may still take.
  private var readable: Int

  /// Follows `root` through what `heap` holds, without recursion.
  init(of root: PickleValue, in heap: PickleHeap) throws(TorchFault) {
    self.heap = heap
    // Storages lie in the file, so that their sum is no larger.
    readable =
      Self.sharingLimit * heap.storages.reduce(0) { $0 + $1.byteCount }
      + 8 * TorchTensor.expansionLimit
    var pending: [(name: String, value: PickleValue, depth: Int)] = [("", root, 0)]
    while let (name, value, depth) = pending.popLast() {
      guard let object = heap.object(value), heap.text(of: object) == nil else {
        try add(value, as: name)
        continue
      }
      guard depth < Self.depthLimit else {
        throw TorchFault.names(String(name.prefix(80)), reason: "is nested too deeply")
      }
      // A shared value is followed wherever it is, so that every visit counts.
      try charge(object.values.count, name)
      for index in object.values.indices.reversed() {
        let key = object.isKeyed ? object.keys[index] : "\(index)"
        try charge(name.utf8.count + key.utf8.count, name)
        pending.append((name.isEmpty ? key : "\(name).\(key)", object.values[index], depth + 1))
      }
    }
  }

  private mutating func add(_ value: PickleValue, as name: String) throws(TorchFault) {
    let isTensor: Bool
    switch value {
    case .tensor(let place):
      try append(heap.tensors[place], as: name.isEmpty ? "tensor" : name)
      isTensor = true
    case .storage(let view):
      try append(try tensor(of: view, name), as: name.isEmpty ? "storage" : name)
      isTensor = true
    default:
      let text = heap.object(value).flatMap { heap.text(of: $0) } ?? value.scalarText ?? ""
      try charge(text.utf8.count, name)
      texts.append((name, text))
      isTensor = false
    }
    guard names.insert(name).inserted else {
      throw TorchFault.names(name, reason: isTensor ? "names two tensors" : "names two values")
    }
  }

  /// Adds a tensor; a file of a few bytes could else name one a million times, or repeat one element.
  private mutating func append(_ tensor: TorchTensor, as name: String) throws(TorchFault) {
    guard tensors.count < Self.tensorLimit else {
      throw TorchFault.names(name, reason: "is among more than \(Self.tensorLimit) tensors")
    }
    readable -= tensor.shape.reduce(1, *) * (tensor.type.bitWidth / 8)
    guard readable >= 0 else {
      throw TorchFault.names(name, reason: "is among tensors that repeat what the file holds")
    }
    tensors.append((name, tensor))
  }

  /// A storage that no tensor wraps is a row of its elements.
  private func tensor(of view: TorchStorage.View, _ name: String) throws(TorchFault) -> TorchTensor
  {
    let type = heap.storages[view.storage].type
    let width = type.bitWidth / 8
    do {
      return try TorchTensor(
        storage: view.storage, available: view.count * width, type: type,
        start: view.start * width, offset: 0, shape: [view.count], strides: [1])
    } catch {
      throw TorchFault.names(name, reason: "is not possible: \(error.reason)")
    }
  }

  private mutating func charge(_ count: Int, _ name: String) throws(TorchFault) {
    textBytes += count
    guard textBytes <= Self.textLimit else {
      throw TorchFault.names(String(name.prefix(80)), reason: "is among too many values")
    }
  }
}
