package pickle_test

import (
	"archive/tar"
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"

	"dasier/fault"
	"dasier/ml/pickle"
)

// harmless are files of the hostile set that hold no more than plain data: a None,
// tuples that share tuples, a frame's wrong length, something after the end.
// Whoever looks for a model in them finds none.
var harmless = map[string]bool{"25_memo_huge_index.pkl": true, "28_billion_laughs.pkl": true, "37_frame_lies.pkl": true, "39_trailing_second_pickle.pkl": true}

// refusals are words that the refusals of the hostile set must have.
var refusals = map[string]string{
	"01": "names posix.system", "02": "names os.system", "03": "names builtins.eval", "04": "names builtins.getattr", "05": "INST", "06": "names os.system",
	"07": "names subprocess.Popen", "08": "names os.system", "09": "names with dots", "10": "names numpy.testing._private.utils.runstring",
	"11": "names joblib.memory.", "12": "names subprocess.Popen", "13": "EXT1", "14": "PERSID", "15": "a tree has no nodes", "20": "ends in its middle",
	"21": "are announced", "22": "are announced", "23": "are announced", "24": "are announced", "26": "nest deeper", "27": "nest deeper", "29": "contains itself",
	"30": "contains itself", "31": "the stack has none", "32": "entries are added to an int", "33": "a state is given to a text", "34": "can be no key",
	"35": "0xff is no operation", "36": "protocol 6", "38": "not in UTF-8", "40": "is no number", "41": "has no end", "42": "the memo has nothing",
	"50": "larger than what the file holds", "51": "larger than what the file holds", "52": "no type or shape", "53": `data type "M8" is not supported`,
	"54": "larger than what the file holds", "55": "names os.system", "56": "are announced", "57": "not supported", "60": "grows beyond", "61": "grows beyond",
	"62": "grows beyond", "63": "grows beyond", "64": "damaged", "65": "damaged", "66": "is empty", "67": "no operation", "68": "HTML page", "69": "Git LFS pointer",
}

// otherFormats are files of the set for other readers: no pickles.
var otherFormats = []string{".json", ".ubj", ".txt", ".skops", ".onnx"}

// TestHostileFiles reads the hostile set: each file is refused for its own
// reason, with little memory, and nothing of it runs.
func TestHostileFiles(t *testing.T) {
	files := hostileSet(t)
	read := 0
	for name, data := range files {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := pickle.Read(data, pickle.Limits{})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
			t.Errorf("%s took %d bytes of memory", name, used)
		}
		if harmless[name] {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		read++
		want, known := refusals[name[:2]]
		if !known && !isOther(name) {
			t.Errorf("%s is not expected in the set", name)
		}
		if err == nil || !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Limited) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want a refusal that says %q", name, err, want)
		}
	}
	if read+len(harmless) != len(files) || len(files) < 60 {
		t.Errorf("%d files, %d were to be refused", len(files), read)
	}
	if marks, err := filepath.Glob(filepath.Join(os.TempDir(), "PICKLE_EXECUTED*")); err != nil || len(marks) > 0 {
		t.Errorf("a payload ran: %v, %v", marks, err)
	}
}

func isOther(name string) bool {
	for _, suffix := range otherFormats {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// hostileSet unpacks the archive of the set, and holds it to its index.
func hostileSet(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	unpack(t, "hostile", func(name string, data []byte) { files[path.Base(name)] = data })
	var index []struct {
		File string `json:"file"`
	}
	if err := json.Unmarshal(files["INDEX.json"], &index); err != nil {
		t.Fatal(err)
	}
	set := map[string][]byte{}
	for _, entry := range index {
		data, ok := files[entry.File]
		if !ok {
			t.Errorf("the archive has no %s", entry.File)
		}
		set[entry.File] = data
	}
	return set
}

// TestGeneratedFiles reads every pickle and joblib file of three generations of
// scikit-learn.
func TestGeneratedFiles(t *testing.T) {
	read := map[string]int{}
	unpack(t, "generated", func(name string, data []byte) {
		base := path.Base(name)
		if strings.HasPrefix(path.Base(path.Dir(name)), "gen-onnx") || isOther(base) || strings.HasSuffix(base, ".deprecated") {
			return
		}
		read[path.Dir(name)]++
		if _, err := pickle.Read(data, pickle.Limits{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	for generation, n := range read {
		if n < 300 {
			t.Errorf("%s has %d files", generation, n)
		}
	}
	if len(read) < 3 {
		t.Errorf("generations: %v", read)
	}
}

// unpack reads the members of an archive of the shared set of models.
func unpack(t *testing.T, archive string, each func(name string, data []byte)) {
	t.Helper()
	packed, err := os.Open("../../../shared/models/" + archive + ".tar.xz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }() // it was read only
	source, err := xz.NewReader(bufio.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	for members := tar.NewReader(source); ; {
		header, err := members.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(members)
		if err != nil {
			t.Fatal(err)
		}
		each(header.Name, data)
	}
}
