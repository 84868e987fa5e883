/// A size of a network, or one for each of the two stages of a DiT-DH: its encoder and its head.
public struct StageSizes: Equatable, Sendable, ExpressibleByIntegerLiteral {
  /// The size of the network or of the encoder.
  public var encoder: Int
  /// The size of the head.
  public var head: Int

  /// Creates a size for each stage.
  public init(_ encoder: Int, _ head: Int) {
    self.encoder = encoder
    self.head = head
  }

  /// Creates one size for both.
  public init(integerLiteral value: Int) { self.init(value, value) }
}

extension StageSizes: Codable {
  /// Reads a number or a list of two.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    guard let sizes = try? value.decode([Int].self) else {
      let size = try value.decode(Int.self)
      self.init(size, size)
      return
    }
    guard sizes.count == 2 else {
      throw DecodingError.dataCorruptedError(
        in: value, debugDescription: "a number or a list of two is wanted, not of \(sizes.count)")
    }
    self.init(sizes[0], sizes[1])
  }

  /// Writes a number, or a list of two where they differ.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    if self.encoder == head {
      try value.encode(self.encoder)
    } else {
      try value.encode([self.encoder, head])
    }
  }
}
