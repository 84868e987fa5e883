import Foundation
import MixFlowCheckpoint
import MixFlowTensor
import MixFlowTestSupport
import Testing

@Suite struct TorchWriterTests {
  static let mixed: [(name: String, value: StoredTensor)] = [
    ("w", .float32(Tensor([1, -2.5, 3, 0, 5, 6], shape: [2, 3]))),
    ("half", .float16(Tensor([1, 0.1], shape: [2]))),
    ("brain", .bfloat16(Tensor([1, 0.1], shape: [2]))),
    ("double", .float64([0.1, 0.2], shape: [2, 1])),
    ("long", .int64([1, -1], shape: [2])),
    ("byte", .uint8([1, 255], shape: [2])),
    ("scalar", .float32(Tensor(7))),
    ("empty", .float32(Tensor([], shape: [0, 3]))),
    ("gewöhnlich.γ", .float32(Tensor([1], shape: [1]))),
  ]

  /// A checkpoint in the layout of SiT's training program.
  static let training: TorchItem = .dictionary([
    (key: "model", value: .stateDict(mixed)), (key: "ema", value: .stateDict([mixed[0]])),
    (
      key: "opt",
      value: .dictionary([
        (
          key: "state",
          value: .dictionary([
            (
              key: .int(0),
              value: .dictionary([
                (key: "step", value: .tensor(.float32(Tensor(3)))),
                (key: "exp_avg", value: .tensor(.float32(Tensor([1, 2], shape: [2])))),
              ])
            )
          ])
        ),
        (
          key: "param_groups",
          value: .list([
            .dictionary([
              (key: "lr", value: .float(1e-4)),
              (key: "betas", value: .tuple([.float(0.9), .float(0.999)])),
              (key: "params", value: .list((0..<300).map { .int($0) })),
              (key: "fused", value: .none), (key: "amsgrad", value: .bool(false)),
            ])
          ])
        ),
      ])
    ),
    (key: "steps", value: .int(123_450)), (key: "large", value: .int(-(1 << 40))),
  ])

  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("written.pt")
  }

  /// With a limit of 0 bytes, every size and place is written as ZIP64.
  @Test(arguments: [Int(UInt32.max), 0, 200])
  func readsWhatItWrote(limit: Int) throws {
    try TorchWriter.write(Self.training, to: path, limit: limit)
    let file = try TorchFile(contentsOf: path)
    #expect(file.names.prefix(Self.mixed.count) == Self.mixed.map { "model.\($0.name)" }[...])
    for (name, value) in Self.mixed {
      let info = try file.info(for: "model.\(name)")
      #expect(info.type == value.type && info.shape == value.shape)
      #expect(info.range.lowerBound.isMultiple(of: 64) || info.count == 0)
    }
    #expect(try file.tensor("model.w").array == [1, -2.5, 3, 0, 5, 6])
    #expect(try file.doubles("model.double") == [0.1, 0.2])
    #expect(try file.integers("model.long") == [1, -1])
    #expect(try file.tensor("opt.state.0.exp_avg").array == [1, 2])
    #expect(try file.tensor("opt.state.0.step").item == 3)
    #expect(file.step == 123_450)
    #expect(file.metadata["large"] == "-1099511627776")
    #expect(file.metadata["opt.param_groups.0.betas"] == "(0.9, 0.999)")
    #expect(file.metadata["opt.param_groups.0.fused"] == "None")
  }

  @Test func equalContentsGiveEqualFiles() throws {
    try TorchWriter.write(Self.training, to: path)
    let other = folder.file("other.pt")
    try TorchWriter.write(Self.training, to: other)
    #expect(try readBytes(path) == readBytes(other))
  }

  @Test func keepsNamespaces() throws {
    try TorchWriter.write(
      .dictionary([(key: "args", value: .namespace([(key: "model", value: .string("SiT-XL/2"))]))]),
      to: path)
    #expect(try TorchFile(contentsOf: path).arguments.map(\.value) == ["SiT-XL/2"])
  }

  @Test func refusesWhatCannotBeStored() throws {
    try writeBytes([1], to: path)
    let large: TorchItem = .stateDict([("a", .float16(Tensor([1e6], shape: [1])))])
    #expect(throws: CheckpointError.self) { try TorchWriter.write(large, to: path) }
    let twice: TorchItem = .dictionary([(key: "a", value: .none), (key: "a", value: .none)])
    #expect(throws: CheckpointError.self) { try TorchWriter.write(twice, to: path) }
    let keyless: TorchItem = .dictionary([(key: .none, value: .none)])
    #expect(throws: CheckpointError.self) { try TorchWriter.write(keyless, to: path) }
    #expect(try readBytes(path) == [1], "the old file is as it was")
    #expect(folder.contents == ["written.pt"])
  }

  /// Opening the official files and writing their tensors again keeps every bit.
  @Test(arguments: ["raw_state_dict", "legacy_nonzip"])
  func copiesOfficialWeights(name: String) throws {
    let file = try TorchFile(contentsOf: Fixtures.path("pt/\(name).pt"))
    try TorchWriter.write(
      .stateDict(try file.names.map { ($0, .float32(try file.tensor($0))) }), to: path)
    let copy = try TorchFile(contentsOf: path)
    #expect(copy.names == file.names)
    for name in file.names { #expect(try copy.bytes(name) == file.bytes(name)) }
  }
}
