/// What keeps a PyTorch checkpoint from being read.
public enum TorchFault: Error, Equatable, Sendable {
  /// The zip archive is damaged.
  case archive(ZipFault)
  /// The archive is no checkpoint; the reason says what it looks like.
  case noPickle(String)
  /// The machine that wrote it stores the high byte first.
  case byteOrder(String)
  /// The pickle names a class or function that is not plain data, at a byte of the file.
  case global(String, offset: Int)
  /// The pickle has an instruction that holds no plain data, at a byte of the file.
  case opcode(UInt8, offset: Int)
  /// The pickle is malformed, at a byte of the file.
  case pickle(String, offset: Int)
  /// The pickle would take more memory or time than any checkpoint needs, at a byte of the file.
  case limit(String, offset: Int)
  /// A dictionary has a key twice, at a byte of the file.
  case duplicateKey(String, offset: Int)
  /// A tensor does not lie in its storage, at a byte of the file.
  case tensor(String, offset: Int)
  /// The file does not hold a storage as it says.
  case storage(key: String, reason: String)
  /// What is below `name` cannot be laid out as a list of names.
  case names(String, reason: String)
}

extension TorchFault: CustomStringConvertible {
  /// What was found, and the mend.
  public var description: String {
    switch self {
    case .archive(let fault): "\(fault)"
    case .noPickle(let reason): "not a PyTorch checkpoint: \(reason)"
    case .byteOrder(let order):
      "its byte order is '\(order)'; save it again on a little-endian machine"
    case .global(let name, let offset):
      """
      \(name) is not allowed in a checkpoint: only tensors and plain values are read, no code is \
      run (byte \(offset)); save model.state_dict() and plain values
      """
    case .opcode(let code, let offset):
      """
      the pickle instruction 0x\(String(code, radix: 16)) is not allowed in a checkpoint (byte \
      \(offset)); damaged, or not written by torch.save: save it again
      """
    case .pickle(let reason, let offset):
      "the pickle is malformed: \(reason) (byte \(offset)); download or save it again"
    case .limit(let what, let offset):
      "\(what) is more than a checkpoint needs (byte \(offset)); save the state dict alone"
    case .duplicateKey(let key, let offset):
      "a dictionary has the key '\(key)' twice (byte \(offset)); save it again"
    case .tensor(let reason, let offset):
      "a tensor is not possible: \(reason) (byte \(offset)); save it again"
    case .storage(let key, let reason):
      "the storage \(key) \(reason); cut short? download or save it again"
    case .names(let name, let reason):
      "'\(name)' \(reason); save the state dict alone"
    }
  }
}
