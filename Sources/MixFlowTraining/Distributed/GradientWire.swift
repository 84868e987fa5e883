/// What gradients are sent as between processes.
public enum GradientWire: String, CaseIterable, Codable, Sendable {
  /// All 32 bits.
  case float32
  /// Rounded to 16 bits, with the exponent of float32: half the traffic; sums are taken in float32.
  case bfloat16

  /// The bytes of a value.
  var bytes: Int { self == .float32 ? 4 : 2 }
}
