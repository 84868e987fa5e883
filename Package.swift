// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "mixflow",
  products: [
    // Interpolants, the MixFlow sampler and the solvers; depends on nothing else in this package.
    .library(name: "MixFlowTransport", targets: ["MixFlowTransport"]),
    // The tensor core with hand-written autograd.
    .library(name: "MixFlowTensor", targets: ["MixFlowTensor"]),
    // Checkpoint files: safetensors, PyTorch's and NumPy archives.
    .library(name: "MixFlowCheckpoint", targets: ["MixFlowCheckpoint"]),
    // SiT, DiT, REPA's SiT, LightningDiT, DiT-DH, the autoencoders, and their layers.
    .library(name: "MixFlowModels", targets: ["MixFlowModels"]),
    // Data, optimizer, trainer and sampling.
    .library(name: "MixFlowTraining", targets: ["MixFlowTraining"]),
    // Images, PNG files, and the rules from floats to bytes.
    .library(name: "MixFlowImage", targets: ["MixFlowImage"]),
    // Configurations of runs in YAML.
    .library(name: "MixFlowConfiguration", targets: ["MixFlowConfiguration"]),
    .executable(name: "mixflow", targets: ["mixflow"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // MARK: C and system libraries
    .target(name: "CBLAS", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(name: "CMPI", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(name: "CKernels", linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .target(name: "CMappings"),
    .target(name: "CChecksums"),
    .systemLibrary(
      name: "CLibJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .target(name: "CJPEG", dependencies: ["CLibJPEG"]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // MARK: Libraries
    .target(name: "MixFlowTensor", dependencies: ["CBLAS", "CKernels"]),
    .target(
      name: "MixFlowCheckpoint",
      dependencies: ["MixFlowTensor", "CChecksums", "CMappings", "CZip", "CZlib"]),
    .target(name: "MixFlowModels", dependencies: ["MixFlowTensor"]),
    .target(name: "MixFlowTransport"),
    .target(name: "MixFlowImage", dependencies: ["CJPEG", "CPNG"]),
    .target(
      name: "MixFlowTraining",
      dependencies: [
        "MixFlowTensor", "MixFlowCheckpoint", "MixFlowModels", "MixFlowTransport", "MixFlowImage",
        "CZlib", "CMPI",
      ]),
    .target(name: "MixFlowEvaluation", dependencies: ["CBLAS", "MixFlowImage"]),

    .target(
      name: "MixFlowConfiguration",
      dependencies: [
        "MixFlowTraining", "MixFlowModels", "MixFlowTransport", "MixFlowCheckpoint", "Yams",
      ]),

    // MARK: Command
    .executableTarget(
      name: "mixflow",
      dependencies: [
        "MixFlowConfiguration", "MixFlowTraining", "MixFlowEvaluation", "MixFlowImage",
        "MixFlowCheckpoint", "MixFlowModels", "MixFlowTensor", "CBLAS", "CKernels",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // MARK: Tests
    .target(
      name: "MixFlowTestSupport",
      dependencies: ["MixFlowTensor", "MixFlowCheckpoint", "MixFlowModels", "MixFlowImage"],
      path: "Tests/MixFlowTestSupport"),
    .testTarget(
      name: "MixFlowTensorTests", dependencies: ["CBLAS", "MixFlowTensor", "MixFlowTestSupport"]),
    .testTarget(
      name: "MixFlowCheckpointTests",
      dependencies: ["CChecksums", "MixFlowCheckpoint", "MixFlowTestSupport"]),
    .testTarget(name: "MixFlowImageTests", dependencies: ["MixFlowImage", "MixFlowTestSupport"]),
    .testTarget(name: "MixFlowModelsTests", dependencies: ["MixFlowModels", "MixFlowTestSupport"]),
    .testTarget(
      name: "MixFlowTransportTests", dependencies: ["MixFlowTransport", "MixFlowTestSupport"]),
    .testTarget(
      name: "MixFlowTrainingTests", dependencies: ["MixFlowTraining", "MixFlowTestSupport"]),
    .testTarget(
      name: "MixFlowEvaluationTests",
      dependencies: ["MixFlowEvaluation", "MixFlowTraining", "MixFlowTestSupport"]),
    .testTarget(
      name: "mixflowTests",
      dependencies: [
        "mixflow", "MixFlowConfiguration", "MixFlowTraining", "MixFlowImage", "MixFlowCheckpoint",
        "MixFlowTensor", "MixFlowTestSupport",
      ]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
