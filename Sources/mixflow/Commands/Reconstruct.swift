import ArgumentParser
import Foundation
import MixFlowCheckpoint
import MixFlowImage
import MixFlowModels
import MixFlowTensor
import MixFlowTraining

/// `mixflow reconstruct`.
struct Reconstruct: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Encode and decode pictures, to see what an autoencoder keeps of them.",
    discussion: """
      Writes the original and its reconstruction side by side, one PNG file for each picture, and \
      prints the peak signal-to-noise ratio in decibels and the structural similarity (SSIM: Gaussian \
      window of 11x11 pixels and deviation 1.5, K1 0.01, K2 0.03, range 255, mean of the channels).

      The autoencoder is known by its keys: Stable Diffusion's is one file; RAE's encoder, decoder and \
      statistics are one file each, or one for all. Pictures are PNG or JPEG files. The sides must be \
      multiples of 8 for Stable Diffusion's autoencoder, and 256 for RAE's published decoders; \
      '--size' scales pictures and cuts the square in their middle, as the official programs do.

        mixflow reconstruct cat.png --autoencoder sd-vae-ft-ema.safetensors --out kept
        mixflow reconstruct cat.png --autoencoder dinov2.safetensors \\
          --autoencoder decoder.safetensors --autoencoder stat.safetensors --out kept
      """)

  @Argument(help: "PNG or JPEG files.")
  var images: [String]

  @OptionGroup var options: AutoencoderOptions

  @Option(name: .shortAndLong, help: "The folder for the comparisons.")
  var out: String

  @Option(
    name: .long, help: "The side to scale and cut pictures to; by default they stay as they are.")
  var size: Int?

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !out.isEmpty else { throw ValidationError("'--out' is empty; name a folder.") }
    guard 1...65_536 ~= size ?? 1 else {
      throw ValidationError("'--size' must be from 1 to 65536, got \(size ?? 0).")
    }
    let names = images.map(Self.name)
    if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
      throw ValidationError("Two pictures are called '\(twice)'; give them names of their own.")
    }
  }

  func run() throws {
    common.apply()
    for path in images {
      try OutputFile.check("\(out)/\(Self.name(path))", inputs: images, overwrites: true)
    }
    let pictures = try images.map(read)
    let checkpoint = try options.load()
    try createFolder(out, option: "--out")
    var results: [Result] = []
    for (path, picture) in zip(images, pictures) {
      let result = try reconstruct(picture, path: path, with: checkpoint.autoencoder)
      if !json { try StandardStream.print(result.text) }
      results.append(result)
    }
    if json { try StandardStream.print(try prettyJSON(results)) }
    Console(isQuiet: common.quiet).say("\(out): \(counted(images.count, "comparison"))")
  }

  /// What is printed for a picture.
  private struct Result: Encodable {
    let image: String
    let psnr: Double
    let ssim: Double?

    var text: String {
      let similarity = ssim.map { $0.formatted("%.4f") } ?? "- (a side is below 11 pixels)"
      return "\(image)  PSNR \(psnr.formatted("%.2f")) dB  SSIM \(similarity)"
    }
  }

  private func read(_ path: String) throws -> Image {
    let image = try Image(contentsOf: path).rgb
    guard let size, [image.width, image.height] != [size, size] else { return image }
    return try image.centreCropped(to: size, name: path)
  }

  private func reconstruct(
    _ picture: Image, path: String, with autoencoder: any Autoencoder
  ) throws -> Result {
    let kept: Image
    do {
      kept = try autoencoder.reconstructions(of: [picture])[0]
    } catch {
      throw DataError.invalid(
        file: path, reason: "\(error)", mend: "crop the picture, or give '--size'")
    }
    let sheet = try ImageGrid(columns: 2, padding: 0).image(of: [picture, kept])
    try AtomicFile.write(try sheet.pngBytes(), to: "\(out)/\(Self.name(path))")
    return Result(
      image: path, psnr: ImageQuality.peakSignalToNoise(kept, picture),
      ssim: ImageQuality.structuralSimilarity(kept, picture))
  }

  private static func name(_ path: String) -> String {
    let name = String(path.split(separator: "/").last ?? "image.png")
    return name.lowercased().hasSuffix(".png") ? name : name + ".png"
  }
}
