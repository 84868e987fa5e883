import Foundation

extension CheckpointFolder {
  /// Why there is nothing to resume from: no folder, or what is wrong with each file in it.
  var emptiness: String {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      return "there is no such folder; name that of a run, '--results-dir' of its training"
    }
    let faults = names.filter { $0.hasSuffix(".safetensors") }.sorted().map { name in
      "\(name) \(fault(of: name))"
    }
    let list = faults.isEmpty ? "" : ": " + faults.joined(separator: ", ")
    return "holds no complete checkpoint to resume from" + list
  }

  /// The files that are missing or not complete, and what is wrong with each.
  var faults: [(file: String, fault: String)] {
    let names = Set((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
    let complete = Set(complete().map(\.file))
    let files = names.filter { $0.hasSuffix(".safetensors") || $0.hasSuffix(".json") }.map {
      $0.replacing(/\.json$/, with: ".safetensors")
    }
    return Set(files).subtracting(complete).sorted().map { file in
      (file, names.contains(file) ? fault(of: file) : "is missing")
    }
  }

  /// What keeps a file from being a complete checkpoint.
  private func fault(of name: String) -> String {
    let manifest = name.replacing(/\.safetensors$/, with: ".json")
    guard let data = FileManager.default.contents(atPath: "\(path)/\(manifest)") else {
      return "was not finished, as \(manifest) is missing"
    }
    guard let wanted = try? JSONDecoder().decode(Manifest.self, from: data) else {
      return "has a malformed \(manifest)"
    }
    let found = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.size] as? Int
    return "has \(found ?? 0) bytes instead of \(wanted.bytes)"
  }
}
