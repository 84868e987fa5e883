/// The element type of a stored tensor; the raw value is its name in a safetensors header.
public enum ScalarType: String, Sendable, CaseIterable {
  /// Booleans, one byte each.
  case bool = "BOOL"
  /// Unsigned integers of 8 bits.
  case uint8 = "U8"
  /// Integers of 8 bits.
  case int8 = "I8"
  /// Unsigned integers of 16 bits.
  case uint16 = "U16"
  /// Integers of 16 bits.
  case int16 = "I16"
  /// Unsigned integers of 32 bits.
  case uint32 = "U32"
  /// Integers of 32 bits.
  case int32 = "I32"
  /// Unsigned integers of 64 bits.
  case uint64 = "U64"
  /// Integers of 64 bits.
  case int64 = "I64"
  /// IEEE 754's half precision.
  case float16 = "F16"
  /// The upper half of a float32.
  case bfloat16 = "BF16"
  /// IEEE 754's single precision.
  case float32 = "F32"
  /// IEEE 754's double precision.
  case float64 = "F64"
  /// Complex numbers of two float32.
  case complex64 = "C64"
  /// 8 bits, 4 of them exponent.
  case float8E4M3 = "F8_E4M3"
  /// 8 bits, 5 of them exponent.
  case float8E5M2 = "F8_E5M2"
  /// 8 bits, 4 of them exponent, without infinities and negative zero.
  case float8E4M3FNUZ = "F8_E4M3FNUZ"
  /// 8 bits, 5 of them exponent, without infinities and negative zero.
  case float8E5M2FNUZ = "F8_E5M2FNUZ"
  /// Powers of two, 8 bits of exponent.
  case float8E8M0 = "F8_E8M0"
  /// 6 bits, 2 of them exponent.
  case float6E2M3 = "F6_E2M3"
  /// 6 bits, 3 of them exponent.
  case float6E3M2 = "F6_E3M2"
  /// 4 bits.
  case float4 = "F4"

  /// The size of one element in bits.
  public var bitWidth: Int {
    switch self {
    case .float4: 4
    case .float6E2M3, .float6E3M2: 6
    case .bool, .uint8, .int8, .float8E4M3, .float8E5M2, .float8E4M3FNUZ, .float8E5M2FNUZ,
      .float8E8M0:
      8
    case .uint16, .int16, .float16, .bfloat16: 16
    case .uint32, .int32, .float32: 32
    case .uint64, .int64, .float64, .complex64: 64
    }
  }

  /// Whether the elements are whole numbers or booleans.
  public var isInteger: Bool {
    switch self {
    case .bool, .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64: true
    default: false
    }
  }

  /// Whether the elements are floating-point numbers that this library reads.
  public var isReadableFloat: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}
