import Foundation
import MixFlowCheckpoint

/// PEFT's `adapter_config.json`, as far as it says what is computed.
struct AdapterSettings: Decodable {
  private let peftType: String
  private let loraAlpha: Double
  private let useRslora: Bool?
  private let useDora: Bool?
  private let fanInFanOut: Bool?
  private let bias: String?
  private let alphaPattern: [String: Double]?

  private enum CodingKeys: String, CodingKey {
    case peftType = "peft_type"
    case loraAlpha = "lora_alpha"
    case useRslora = "use_rslora"
    case useDora = "use_dora"
    case fanInFanOut = "fan_in_fan_out"
    case bias
    case alphaPattern = "alpha_pattern"
  }

  /// Reads a file.
  ///
  /// - Parameter path: The file.
  /// - Throws: `CheckpointError` where it is missing, is not such a file, or asks for more than LoRA.
  init(contentsOf path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CheckpointError.unreadable(
        file: path,
        reason: "there is no such file; name a folder of PEFT, as 'mixflow adapter extract' "
          + "writes it")
    }
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch let error as DecodingError {
      throw CheckpointError.weights(
        reason: "is no configuration of PEFT: \(error.reason)", file: path)
    }
    let unsupported: [(key: String, isUsed: Bool)] = [
      ("peft_type \(peftType)", peftType != "LORA"), ("use_dora", useDora == true),
      ("fan_in_fan_out", fanInFanOut == true), ("bias \(bias ?? "")", (bias ?? "none") != "none"),
      ("alpha_pattern", alphaPattern?.isEmpty == false),
      ("lora_alpha \(loraAlpha)", !loraAlpha.isFinite),
    ]
    if let first = unsupported.first(where: \.isUsed) {
      throw CheckpointError.weights(
        reason: "has \(first.key), and only plain LoRA can be read; merge such adapters with PEFT",
        file: path)
    }
  }

  /// The factor of an adapter of a rank.
  func scale(rank: Int) -> Double {
    loraAlpha / (useRslora == true ? Double(rank).squareRoot() : Double(rank))
  }
}
