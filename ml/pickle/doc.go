// Package pickle reads Python pickles (protocols 0 to 5) and joblib's container
// as data. It is a machine that only builds values: nothing is imported, called
// or looked up by name in a running system. What a file may name is a closed
// list of module and name pairs compiled in (names.go), matched whole after old
// addresses are made the canonical ones (renames.go).
//
//	Python                    here
//	None, bool, float, str    nil, bool, float64, string
//	int                       int64; *big.Int beyond it
//	bytes, bytearray          Bytes
//	list, tuple, dict, set    *List, *Tuple, *Dict, *Set
//	a class or function       Global
//	an instance               *Object: its class, arguments and state
//	numpy.ndarray, dtype      *Array, *DType; scalars become plain values
//	scipy's sparse matrices   *Object; Matrix writes them out
//	a pandas Index            *Array or *List of its labels, else *Object
//	what is not on the list   *Opaque, where no prediction looks (judge.go)
//
// A name that is not on the list refuses the file, by that name and its place,
// wherever a prediction may look: in the model, or in a bundle that holds no
// other model. In what a search tried, in attributes of training alone, in
// tables and in entries beside a model, an Opaque stands for it. Names of
// Python's own modules that are not on the list are refused everywhere.
//
// Invariants:
//   - Sharing is kept: a walker of the values remembers where it was. No value
//     contains itself, but for those that no prediction looks at.
//   - The machine does not recurse on what the stream says. The one nested
//     pickle that joblib writes, of an array of objects, may hold no other.
//   - A length is believed only when that many bytes are left; sizes of arrays
//     are checked for overflow before anything is made of them.
//   - Arrays are views of the file's bytes until numbers are asked for.
//   - Bytes, objects, stack, marks, memo, depth and decompressed size have bounds
//     (Limits).
//
// The package knows no estimator: what the objects mean is for its users.
// Readers of other containers of the same objects build them through Maker.
package pickle
