/// The tensors and the plain values of a pickle, by the keys that lead to them, joined by dots.
struct TorchContents {
  /// The deepest nesting that is followed; a list that holds itself has no end.
  static let depthLimit = 64
  /// The most bytes that all names and texts may take together.
  static let textLimit = 1 << 26

  private(set) var tensors: [(name: String, value: TorchTensor)] = []
  private(set) var texts: [(name: String, text: String)] = []
  private let heap: PickleHeap
  private var names: Set<String> = []
  private var textBytes = 0

  /// Follows `root` through what `heap` holds, without recursion.
  init(of root: PickleValue, in heap: PickleHeap) throws(TorchFault) {
    self.heap = heap
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
      tensors.append((name.isEmpty ? "tensor" : name, heap.tensors[place]))
      isTensor = true
    case .storage(let view):
      tensors.append((name.isEmpty ? "storage" : name, try tensor(of: view, name)))
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
