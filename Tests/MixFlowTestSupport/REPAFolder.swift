import MixFlowCheckpoint
import MixFlowImage
import MixFlowTensor

/// A small folder as REPA's preprocessing writes it: pictures, moments of latents and classes.
package struct REPAFolder {
  /// Where it lies.
  package let folder: TemporaryFolder
  /// The moments of each picture, `[2 · 4, 4, 4]`.
  package let moments: [Tensor]
  /// The pictures, of 16x16 pixels.
  package let pictures: [Image]
  /// The class of each, 0 or 1.
  package let labels: [Int]

  /// Its path.
  package var path: String { folder.file("data") }

  /// Writes a folder.
  package init(count: Int = 6) throws {
    folder = try TemporaryFolder()
    var generator = Philox(seed: 11, stream: 0)
    moments = (0..<count).map { _ in
      let mean = Tensor(normal: [4, 4, 4], using: &generator)
      return .concatenation([mean, Tensor(uniform: [4, 4, 4], bound: 0.5, using: &generator)])
    }
    pictures = (0..<count).map { index in
      let pixels = (0..<16 * 16 * 3).map {
        UInt8(truncatingIfNeeded: $0 * (3 + index) + $0 / 48 * 29 + index * 50)
      }
      return Image(width: 16, height: 16, channels: 3, pixels: pixels)
    }
    labels = (0..<count).map { $0 % 2 }
    for index in 0..<count {
      try folder.write(try pictures[index].pngBytes(), to: Self.picture(index))
      try folder.write([], to: Self.latent(index))
      try NumPyArray(moments[index]).write(to: folder.file(Self.latent(index)))
    }
    try writeListing(labels)
  }

  /// The name of a picture.
  package static func picture(_ index: Int) -> String { "data/images/00000/img0000000\(index).png" }

  /// The name of a file of moments.
  package static func latent(_ index: Int) -> String {
    "data/vae-sd/00000/img-mean-std-0000000\(index).npy"
  }

  /// Writes `dataset.json`, last entry first.
  package func writeListing(_ labels: [Int]) throws {
    let entries = labels.indices.reversed().map {
      "[\"00000/img-mean-std-0000000\($0).npy\", \(labels[$0])]"
    }
    try folder.write(
      "{\"labels\": [\(entries.joined(separator: ", "))]}".utf8, to: "data/vae-sd/dataset.json")
  }
}
