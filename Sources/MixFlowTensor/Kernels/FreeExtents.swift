/// The free stretches of an address range: best fit to take, neighbours merged on return.
///
/// Merging is what lets a training step end in the memory it began in: the activations of the
/// forward pass become the gradients of the backward pass, though their sizes differ.
package struct FreeExtents {
  /// Sorted by address; no two touch.
  package private(set) var extents: [Range<Int>] = []

  package init() {}

  /// Takes `size` bytes from the upper end of the smallest extent that holds them.
  ///
  /// - Parameter size: The number of bytes, above 0.
  /// - Returns: The address of the first, or nil when no extent is large enough.
  package mutating func take(_ size: Int) -> Int? {
    var best: Int?
    for (index, extent) in extents.enumerated() where extent.count >= size {
      if extent.count < best.map({ extents[$0].count }) ?? .max { best = index }
    }
    guard let best else { return nil }
    let address = extents[best].upperBound - size
    if address == extents[best].lowerBound {
      extents.remove(at: best)
    } else {
      extents[best] = extents[best].lowerBound..<address
    }
    return address
  }

  /// Adds a stretch that no extent overlaps.
  package mutating func insert(_ stretch: Range<Int>) {
    let next = position(of: stretch.lowerBound)
    let touchesNext = next < extents.count && extents[next].lowerBound == stretch.upperBound
    let touchesPrevious = next > 0 && extents[next - 1].upperBound == stretch.lowerBound
    switch (touchesPrevious, touchesNext) {
    case (true, true):
      extents[next - 1] = extents[next - 1].lowerBound..<extents[next].upperBound
      extents.remove(at: next)
    case (true, false):
      extents[next - 1] = extents[next - 1].lowerBound..<stretch.upperBound
    case (false, true):
      extents[next] = stretch.lowerBound..<extents[next].upperBound
    case (false, false):
      extents.insert(stretch, at: next)
    }
  }

  /// Removes the whole pages of `size` bytes from all extents and returns them, neighbours in one.
  package mutating func removePages(of size: Int) -> [Range<Int>] {
    var pages: [Range<Int>] = []
    var rest: [Range<Int>] = []
    for extent in extents {
      let first = (extent.lowerBound + size - 1) / size * size
      let end = extent.upperBound / size * size
      guard first < end else {
        rest.append(extent)
        continue
      }
      pages.append(first..<end)
      rest += [extent.lowerBound..<first, end..<extent.upperBound].filter { !$0.isEmpty }
    }
    extents = rest
    return pages
  }

  /// The index of the first extent above `address`.
  private func position(of address: Int) -> Int {
    var (low, high) = (0, extents.count)
    while low < high {
      let middle = (low + high) / 2
      if extents[middle].lowerBound < address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
