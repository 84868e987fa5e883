/// A PyTorch checkpoint (`.pt`, `.pth`, `.bin`), mapped and checked when it is opened.
///
/// The pickle in it is read as data by a machine that knows tensors, plain containers and numbers;
/// a checkpoint that names anything else, such as a function to call, is refused. Both layouts of
/// `torch.save` are read: the zip archive and the older row of pickles. Elements stay in the file
/// until they are asked for, as with ``SafeTensorsFile``.
///
/// Keys that lead to a tensor are joined by dots: `ema.pos_embed`, `opt.state.0.exp_avg`. Values that
/// are no tensors are ``metadata``: `args.model` is `SiT-XL/2` where an `argparse.Namespace` says so.
public struct TorchFile: TensorFile {
  private let file: MappedFile
  private let tensors: [String: TensorInfo]

  /// The path that was opened.
  public var path: String { file.path }
  /// The names of the tensors in the order of the file.
  public let names: [String]
  /// All that is not a tensor, by its dotted name, as Python prints it.
  public let metadata: [String: String]
  /// The names in ``metadata`` in the order of the file.
  public let metadataNames: [String]
  /// Whether the file is of the format before PyTorch 1.6.
  public let isLegacy: Bool

  /// Maps `path` and reads its structure.
  ///
  /// - Parameter path: A file that `torch.save` wrote.
  /// - Throws: ``CheckpointError`` if the file cannot be read, is malformed or is not plain data.
  public init(contentsOf path: String) throws(CheckpointError) {
    let file = try MappedFile(path: path)
    self.file = file
    isLegacy = file.bytes.first == 0x80
    do {
      let layout =
        try isLegacy ? TorchLayout(legacy: file.bytes) : TorchLayout(archive: file.bytes)
      let contents = try TorchContents(of: layout.root, in: layout.heap)
      names = contents.tensors.map(\.name)
      metadataNames = contents.texts.map(\.name)
      tensors = Dictionary(
        contents.tensors.map { ($0.name, TensorInfo($0.value, in: layout.storages)) }
      ) { first, _ in first }
      metadata = Dictionary(contents.texts.map { ($0.name, $0.text) }) { first, _ in first }
    } catch {
      throw CheckpointError.torch(error, file: path)
    }
  }

  /// Looks up the tensor called `name`.
  public func mapped(_ name: String) -> MappedTensor? {
    tensors[name].map { MappedTensor(file: file, name: name, info: $0) }
  }

  /// Gives back the memory of what was read so far, for those who read a large file once.
  public func releasePages() { file.releasePages() }

  /// The number of training steps that the file says were made, under the names that the official
  /// programs give it: `steps` (REPA), `step` and `train_steps` (RAE).
  public var step: Int? {
    ["steps", "step", "train_steps"].lazy.compactMap { metadata[$0] }.compactMap(Int.init).first
  }

  /// What the training program was called with, in the order of the file.
  public var arguments: [(name: String, value: String)] {
    metadataNames.compactMap { name in
      guard name.hasPrefix("args."), let value = metadata[name] else { return nil }
      return (String(name.dropFirst("args.".count)), value)
    }
  }
}

extension TensorInfo {
  fileprivate init(_ tensor: TorchTensor, in storages: [Range<Int>]) {
    let start = storages[tensor.storage].lowerBound
    self.init(
      type: tensor.type, shape: tensor.shape, strides: tensor.strides,
      range: tensor.range.lowerBound + start..<tensor.range.upperBound + start)
  }
}
