// swift-tools-version: 6.1
import PackageDescription

// Fuzz targets and the library whose readers they feed; 'scripts/fuzz' builds them with
// --sanitize=fuzzer, which brings the main function.
let targets = [
  "FuzzSafeTensors": "MixFlowCheckpoint", "FuzzTorch": "MixFlowCheckpoint",
  "FuzzPickle": "MixFlowCheckpoint", "FuzzNumPy": "MixFlowCheckpoint",
  "FuzzIDX": "MixFlowTraining", "FuzzYAML": "MixFlowConfiguration", "FuzzImage": "MixFlowImage",
]

let package = Package(
  name: "fuzzing",
  dependencies: [.package(name: "mixflow", path: "..")],
  targets: [.target(name: "FuzzSupport")]
    + targets.sorted { $0.key < $1.key }.map { name, library in
      .executableTarget(
        name: name,
        dependencies: ["FuzzSupport", .product(name: library, package: "mixflow")],
        swiftSettings: [.unsafeFlags(["-parse-as-library"])])
    },
  swiftLanguageModes: [.v6]
)
