/// Finds the names most like `name`, best first, or none where nothing is close.
///
/// - Parameters:
///   - name: The name that was not found.
///   - names: What there is.
///   - limit: The largest number of names to return.
/// - Returns: At most `limit` of `names`.
package func nearest(to name: String, among names: [String], limit: Int = 2) -> [String] {
  let wanted = Array(name.utf8.prefix(200))
  let furthest = max(2, wanted.count / 3)
  return names.compactMap { candidate -> (distance: Int, name: String)? in
    let utf8 = Array(candidate.utf8.prefix(200))
    guard abs(utf8.count - wanted.count) <= furthest else { return nil }
    let distance = editDistance(wanted, utf8)
    return distance <= furthest ? (distance, candidate) : nil
  }
  .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
  .prefix(limit)
  .map(\.name)
}

/// Returns the Levenshtein distance between `a` and `b`.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let substitution = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substitution, row[j + 1] + 1, row[j] + 1)
    }
  }
  return row[b.count]
}
