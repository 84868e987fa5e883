// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "mixflow", path: "..")],
  targets: [
    .executableTarget(
      name: "StepBenchmark",
      dependencies: [
        .product(name: "MixFlowTensor", package: "mixflow"),
        .product(name: "MixFlowModels", package: "mixflow"),
        .product(name: "MixFlowTraining", package: "mixflow"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
