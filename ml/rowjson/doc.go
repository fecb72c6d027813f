// Package rowjson reads rows that people and programs send as JSON objects,
// {"input": value, …}, into predict.Row. The server and the command line share
// it, so that both accept the same rows and say the same about wrong ones.
//
// What a value may be, by the kind of its input:
//
//	number    a JSON number. A text that looks like one is refused: silent
//	          conversion hides broken clients.
//	category  a text; a JSON number is taken as its literal text ("60").
//	bool      true, false, 1, 0, or a word: yes, no, y, n, t, f, true, false.
//	time      a text: a date (2010-05-31) or RFC 3339 (2010-05-31T12:00:00Z).
//
// null, the empty text and an absent field mean missing: an error where the
// input is required, otherwise imputed with a notice.
//
// Invariants:
//   - Decode reports all problems of a row (up to maxProblems), each with its
//     field and what was expected.
//   - A row without problems costs no allocation, notices included, once the
//     caller's notice slice has its size.
//   - It never reads more than the row: no limits on body or list size here;
//     these are the face's.
package rowjson
