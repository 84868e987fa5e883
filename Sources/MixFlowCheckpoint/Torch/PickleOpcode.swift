/// The instructions of pickle protocols 2 to 5 that hold plain data.
///
/// Those of protocol 0, which are lines of text, and those that look classes up elsewhere are not
/// here; the checkpoint that has one is refused.
enum PickleOpcode: UInt8 {
  case mark = 0x28
  case stop = 0x2E
  case pop = 0x30
  case popMark = 0x31
  case duplicate = 0x32
  case binaryFloat = 0x47
  case binaryInt = 0x4A
  case binaryInt1 = 0x4B
  case binaryInt2 = 0x4D
  case none = 0x4E
  case persistentID = 0x51
  case reduce = 0x52
  case binaryString = 0x54
  case shortBinaryString = 0x55
  case binaryUnicode = 0x58
  case emptyList = 0x5D
  case append = 0x61
  case build = 0x62
  case global = 0x63
  case appends = 0x65
  case get = 0x68
  case longGet = 0x6A
  case put = 0x71
  case longPut = 0x72
  case setItem = 0x73
  case tuple = 0x74
  case setItems = 0x75
  case emptyDictionary = 0x7D
  case emptyTuple = 0x29
  case `protocol` = 0x80
  case newObject = 0x81
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case newTrue = 0x88
  case newFalse = 0x89
  case long1 = 0x8A
  case long4 = 0x8B
  case binaryBytes = 0x42
  case shortBinaryBytes = 0x43
  case shortBinaryUnicode = 0x8C
  case binaryUnicode8 = 0x8D
  case binaryBytes8 = 0x8E
  case emptySet = 0x8F
  case addItems = 0x90
  case frozenSet = 0x91
  case stackGlobal = 0x93
  case memoize = 0x94
  case frame = 0x95
}
