// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "benchmarks",
  dependencies: [
    .package(name: "mixflow", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .executableTarget(
      name: "Benchmark",
      dependencies: [
        .product(name: "MixFlowTensor", package: "mixflow"),
        .product(name: "MixFlowCheckpoint", package: "mixflow"),
        .product(name: "MixFlowModels", package: "mixflow"),
        .product(name: "MixFlowTransport", package: "mixflow"),
        .product(name: "MixFlowTraining", package: "mixflow"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
