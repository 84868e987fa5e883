/// The names of an adapter's two factors, those of PEFT.
enum AdapterKey {
  static let down = ".lora_A.weight"
  static let up = ".lora_B.weight"

  /// Whether a parameter is a factor of an adapter.
  static func isFactor(_ name: String) -> Bool { name.hasSuffix(down) || name.hasSuffix(up) }
}
