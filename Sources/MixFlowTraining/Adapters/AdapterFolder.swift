import Foundation
import MixFlowCheckpoint
import MixFlowTensor

/// Low-rank adapters in a folder of PEFT: `adapter_config.json` and `adapter_model.safetensors`.
public struct AdapterFolder {
  /// The names of files and the beginning of keys.
  enum Name {
    static let configuration = "adapter_config.json"
    static let tensors = "adapter_model.safetensors"
    /// What older versions of PEFT wrote.
    static let oldTensors = "adapter_model.bin"
    static let prefix = "base_model.model."
    static let saved = ".modules_to_save"
  }

  /// The file with the factors.
  public let file: String
  private let settings: AdapterSettings
  private let state: StateDict

  /// Opens a folder; tensors are read as they are needed.
  ///
  /// - Parameter path: The folder.
  /// - Throws: `CheckpointError` for a file that is missing or malformed, or adapters of another kind.
  public init(contentsOf path: String) throws {
    settings = try AdapterSettings(contentsOf: "\(path)/\(Name.configuration)")
    let old = "\(path)/\(Name.oldTensors)"
    file =
      FileManager.default.fileExists(atPath: old)
        && !FileManager.default.fileExists(atPath: "\(path)/\(Name.tensors)")
      ? old : "\(path)/\(Name.tensors)"
    state = try StateDict(contentsOf: file, prefix: Name.prefix).renaming {
      $0.replacingOccurrences(of: Name.saved + ".", with: ".")
    }
    let foreign = state.keys.first { $0.contains(".lora_") && !AdapterKey.isFactor($0) }
    if let foreign {
      throw CheckpointError.weights(
        reason: "holds '\(foreign)'; adapters of linear layers alone can be read", file: file)
    }
    guard !state.adaptedLayers.isEmpty else {
      throw CheckpointError.weights(reason: "holds no adapters (lora_A)", file: file)
    }
  }

  /// Adds the adapters to the weights of a network.
  ///
  /// - Parameters:
  ///   - network: The weights by their official keys.
  ///   - strength: A factor on all adapters: 1 merges them, −1 takes merged ones out again.
  /// - Returns: The weights with the adapters, and with the layers that the folder holds whole.
  /// - Throws: `CheckpointError` when a layer is missing or has another shape, or when whole layers
  ///   would have to be taken in part.
  func merged(into network: StateDict, strength: Double) throws -> StateDict {
    let sum = try network.merging(state.adaptedLayers, of: state) { pair in
      Float(settings.scale(rank: pair.rank) * strength)
    }
    let whole = state.keys.filter { !AdapterKey.isFactor($0) }
    guard let first = whole.first else { return sum }
    guard strength == 1 else {
      throw CheckpointError.weights(
        reason:
          "holds whole layers such as '\(first)', which can be merged with a strength of 1 alone",
        file: file)
    }
    var values: [String: Tensor] = [:]
    for key in whole {
      let shape = try network.tensor(key).shape
      values[key] = try state.tensor(key, shape: shape)
    }
    return sum.replacing(values, removing: [])
  }
}

/// A folder of adapters, and how much of them a network takes.
public struct AdapterUse {
  /// The adapters.
  public let folder: AdapterFolder
  /// A factor on all of them: 1 merges them, −1 takes merged ones out again.
  public let strength: Double

  /// Creates a use.
  public init(_ folder: AdapterFolder, strength: Double = 1) {
    (self.folder, self.strength) = (folder, strength)
  }
}
