import MixFlowTensor

/// The normalisation of pictures by ImageNet's mean and standard deviation of red, green and blue.
enum ImageNetNormalization {
  private static let mean: [Float] = [0.485, 0.456, 0.406]
  private static let deviation: [Float] = [0.229, 0.224, 0.225]

  /// Maps pictures `[B, 3, H, W]` in `[0, 1]` to numbers of about mean 0 and variance 1.
  static func normalized(_ images: Tensor) -> Tensor {
    mapChannels(images) { ($0 - mean[$1]) / deviation[$1] }
  }

  /// The inverse of ``normalized(_:)``.
  static func denormalized(_ images: Tensor) -> Tensor {
    mapChannels(images) { $0 * deviation[$1] + mean[$1] }
  }

  /// Applies a function to each pixel and the index of its channel.
  private static func mapChannels(
    _ images: Tensor, _ function: (Float, Int) -> Float
  ) -> Tensor {
    let area = images.shape[2] * images.shape[3]
    return Tensor(shape: images.shape) { out in
      images.withUnsafeBufferPointer { images in
        for index in out.indices { out[index] = function(images[index], index / area % 3) }
      }
    }
  }
}
