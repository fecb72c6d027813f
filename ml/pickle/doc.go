// Package pickle reads Python pickles (protocols 0 to 5) and joblib's container
// as data. It is a machine that only builds values: nothing is imported, called
// or looked up by name in a running system. What a pickle may name is a list of
// module and name pairs compiled in (globals.go), matched whole; anything else
// is refused by name and with its position in the stream.
//
//	Python                    here
//	None, bool, float, str    nil, bool, float64, string
//	int                       int64; *big.Int beyond it
//	bytes, bytearray          Bytes
//	list, tuple, dict, set    *List, *Tuple, *Dict, *Set
//	a class or function       Global
//	an instance               *Object: its class, arguments and state
//	numpy.ndarray, dtype      *Array, *DType; scalars become plain values
//
// Invariants:
//   - Sharing and cycles are kept: a walker of the values must bound itself.
//   - The machine does not recurse on what the stream says. The one nested
//     pickle that joblib writes, of an array of objects, may hold no other.
//   - A length is believed only when that many bytes are left; sizes of arrays
//     are checked for overflow before anything is made of them.
//   - Bytes, objects, stack, marks, memo and decompressed size have bounds
//     (Limits).
//
// The package knows no estimator: what the objects mean is for its users.
package pickle
