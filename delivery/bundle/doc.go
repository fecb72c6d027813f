// Package bundle keeps what services and sites are deployed from: the files of
// a folder, packed as a tar.gz archive, under the digest of its bytes.
//
// A bundle never changes and equal ones are kept once. It comes with a
// manifest, which says what its files are for: a Service is a program to run, a
// Site is a folder of static files. The manifest is written by people, as
// service.yaml or site.yaml in their repository, so a mistake is told with
// file, line and column.
//
// Invariants:
//   - an archive that this package has kept holds regular files, folders and
//     symbolic links that stay inside, each once, under names that are relative
//     and mean the same on every system; anything else was refused with the
//     name of the entry;
//   - Unpack writes inside the folder that it is given and nowhere else,
//     whatever the archive says;
//   - Pack makes the same bytes of the same files.
//
// The package does not know where bundles run or who deploys them, nor HTTP.
package bundle
