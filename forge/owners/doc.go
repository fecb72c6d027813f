// Package owners reads CODEOWNERS files: who is asked about which paths.
//
// The syntax is GitLab's, of which GitHub's is nearly a part: a pattern and its
// owners on each line, the last line that matches a path decides; sections with
// a heading decide each for itself, may ask for several approvals ("[Data][2]"),
// be optional ("^[Docs]") and name default owners behind their heading.
//
// The package is pure: text and paths in, requirements out. It knows no user,
// no group and no git; an owner stays the word that was written ("@ada",
// "ada@example.org", "@house-prices", "@@maintainers"), and Split says what kind
// of word it is.
//
// Reading never fails as a whole: a line that says nothing usable becomes a
// Problem with its number, and the rest of the file holds.
//
// References: GitLab, "CODEOWNERS syntax"; GitHub, "About code owners";
// gitignore(5) for patterns.
package owners
