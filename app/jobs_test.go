package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBuildsFolder(t *testing.T) {
	// The test's own folder is closed by those above it, or made open here.
	open, err := os.MkdirTemp("/tmp", "dasier-builds-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(open); err != nil {
			t.Error(err)
		}
	})
	closed := filepath.Join(open, "closed")
	for dir, mode := range map[string]os.FileMode{open: 0o711, closed: 0o700, filepath.Join(closed, "data"): 0o711} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil { // #nosec G302 -- folders
			t.Fatal(err)
		}
	}
	link := filepath.Join(open, "link")
	if err := os.Symlink(filepath.Join(closed, "data"), link); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, data, builds, temp string
		own                      bool
		want                     string // a prefix
		temporary                bool
		fails                    string
	}{
		{name: "jobs with the server's rights stay in the data folder", data: closed + "/data", want: closed + "/data/builds"},
		{name: "an open data folder", data: open, own: true, want: open + "/builds"},
		{name: "a closed one", data: closed + "/data", own: true, temp: open, want: open + "/dasier-builds-", temporary: true},
		{name: "closed behind a link", data: link, own: true, temp: open, want: open + "/dasier-builds-", temporary: true},
		{name: "closed, and the temporary folder too", data: closed + "/data", own: true, temp: closed, want: "/tmp/dasier-builds-", temporary: true},
		{name: "a folder by name that is yet to be made", data: closed, builds: open + "/a/b", own: true, want: open + "/a/b"},
		{name: "a folder by name in a closed one", data: open, builds: closed + "/builds", own: true, fails: "folder " + closed + " (mode 0700)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("TMPDIR", test.temp)
			dir, temporary, err := buildsFolder(Config{Data: test.data, Builds: test.builds}, test.own)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Fatalf("%v does not say %q", err, test.fails)
				}
				return
			}
			if err != nil || !strings.HasPrefix(dir, test.want) || temporary != test.temporary {
				t.Errorf("%q, temporary %t, %v; want %q, %t", dir, temporary, err, test.want, test.temporary)
			}
		})
	}
}
