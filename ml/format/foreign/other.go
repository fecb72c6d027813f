package foreign

import (
	"archive/zip"
	"bytes"
	"path"
	"slices"
	"strings"

	"dasier/fault"
)

// look is what a kind of file begins with, and what to do with it instead.
type look struct{ prefix, advice string }

// mangled is a pickle whose bytes were taken for letters.
const mangled = "the file was a pickle, and was read and written as text on its way, which spoils it: fetch it again, in binary"

// looks are files that people take for models, or that are models of systems
// that are not read.
var looks = []look{
	{"CBM1", "the file is a CatBoost model, in a form of CatBoost's own: export it with save_model(..., format=\"onnx\") and use that file"},
	{"\x89HDF\r\n\x1a\n", "the file is HDF5, as Keras and PyTables write it: export the network to ONNX (tf2onnx) and use that file"},
	{"\x93NUMPY", "the file is an array of numpy's (.npy), not a model"},
	{"PAR1", "the file is a table in Parquet, not a model"},
	{"ARROW1", "the file is a table in Arrow's format, not a model"},
	{"FEA1", "the file is a table in Feather's format, not a model"},
	{"SQLite format 3", "the file is a SQLite database, not a model"},
	{"%PDF", "the file is a PDF document, not a model"},
	{"\x89PNG", "the file is a picture, not a model"},
	{"\xff\xd8\xff", "the file is a picture, not a model"},
	{"GGUF", "the file is a language model in GGUF, which is not served here"},
	{"RDX", "the file is of R (.RData): save the model from Python, or export it to ONNX"},
	{"X\n\x00\x00\x00", "the file is of R (.rds): save the model from Python, or export it to ONNX"},
	{"Rar!", "the file is a RAR archive: unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "the file is a 7-Zip archive: unpack it first"},
	{"\x28\xb5\x2f\xfd", "the file is compressed with zstd: unpack it first (zstd -d)"},
	{"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", "the file is a PyTorch model: export the network to ONNX (torch.onnx.export) and use that file"},
	{"\xac\xed\x00\x05", "the file is an object of Java, as Weka and H2O save models: train with scikit-learn, XGBoost or LightGBM, or export to ONNX"},
	{"\xba\x16\x4f\x2f", "the file is a fastText model, which is not read: train a pipeline of TfidfVectorizer and a classifier of scikit-learn"},
	{"$FL2", "the file is a table of SPSS (.sav), not a model"},
	{"$FL3", "the file is a table of SPSS (.sav), not a model"},
	{"MATLAB 5.0 MAT-file", "the file is of MATLAB (.mat): train with scikit-learn, XGBoost or LightGBM, or export to ONNX"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "the file is a document of Microsoft Office, not a model"},
	{"Obj\x01", "the file is a table in Avro, not a model"},
	{"ORC", "the file is a table in ORC, not a model"},
	{"______LightGBM_Binary_File_Token______", "the file is a table of LightGBM's (save_binary), not a model: save the booster with save_model"},
	{"\xc2\x80\x02", mangled},
	{"\xc2\x80\x03", mangled},
	{"\xc2\x80\x04", mangled},
	{"\xc2\x80\x05", mangled},
	{"\xef\xbf\xbd\x02", mangled},
	{"\xef\xbf\xbd\x03", mangled},
	{"\xef\xbf\xbd\x04", mangled},
	{"\xef\xbf\xbd\x05", mangled},
	{"\x7fELF", "the file is a program, not a model"},
	{"MZ", "the file is a program, not a model"},
	{"#!/", "the file is a script, not a model"},
	{"import ", "the file is a script, not a model"},
	{"from ", "the file is a script, not a model"},
}

// other refuses what is known and not read, by name; nil for all else.
func other(data []byte) error {
	if len(data) == 0 {
		return fault.Errorf(fault.Invalid, "the file is empty")
	}
	for _, l := range looks {
		if bytes.HasPrefix(data, []byte(l.prefix)) {
			return fault.Errorf(fault.Invalid, "%s", l.advice)
		}
	}
	head := data[:min(len(data), 1024)]
	text := strings.ToLower(strings.TrimLeft(string(head), "\ufeff \t\r\n"))
	has := func(prefix string) bool { return strings.HasPrefix(text, prefix) }
	switch {
	case text == "":
		return fault.Errorf(fault.Invalid, "the file is blank")
	case has("version https://git-lfs"):
		return fault.Errorf(fault.Invalid, "the file is a Git LFS pointer, not the model: run git lfs pull, and commit or send what it fetches")
	case has("<!doctype html"), has("<html"), has("<head"):
		return fault.Errorf(fault.Invalid, "the file is an HTML page, not a model: it was downloaded from a page that shows the model. Download the raw file")
	case has("<pmml"), has("<?xml") && strings.Contains(text, "<pmml"):
		return fault.Errorf(fault.Invalid, "the file is PMML, which is not read: save the model itself, or export it to ONNX")
	case has("<?xml"):
		return fault.Errorf(fault.Invalid, "the file is XML, not a model")
	case len(data) > 8 && string(data[4:8]) == "TFL3":
		return fault.Errorf(fault.Invalid, "the file is a TensorFlow Lite model: export the network to ONNX (tf2onnx) and use that file")
	case len(data) > 262 && string(data[257:262]) == "ustar":
		return fault.Errorf(fault.Invalid, "the file is a tar archive: unpack it first")
	case len(data) > 16 && data[8] == '{' && strings.Contains(string(head), "\"dtype\":"):
		return fault.Errorf(fault.Invalid, "the file holds tensors alone (safetensors) and no model that says what to do with them: export the network to ONNX")
	case bytes.HasPrefix(head, []byte{8, 1, 0x12}) && bytes.Contains(data, []byte("serve")) && bytes.Contains(data, []byte("ensor")):
		return fault.Errorf(fault.Invalid, "the file is a TensorFlow SavedModel: export the network to ONNX (tf2onnx) and use that file")
	case has("digraph "), has("booster[0]"):
		return fault.Errorf(fault.Invalid, "the file is a printed tree, for people to look at: save the model with save_model")
	}
	return nil
}

func isZip(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}

func isJSON(data []byte) bool {
	head := bytes.TrimLeft(data[:min(len(data), 4096)], "\ufeff \t\r\n")
	if len(head) < 2 || head[0] != '{' && head[0] != '[' {
		return false
	}
	rest := bytes.TrimLeft(head[1:], " \t\r\n")
	return len(rest) > 0 && bytes.IndexByte([]byte(`"{[-0123456789tfn`), rest[0]) >= 0
}

// archive refuses a zip archive by what is in it.
func archive(data []byte) error {
	files, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fault.Errorf(fault.Invalid, "the file is a zip archive, and damaged: %w", err)
	}
	has := func(pattern string) bool {
		return slices.ContainsFunc(files.File, func(f *zip.File) bool {
			ok, err := path.Match(pattern, path.Base(f.Name))
			return err == nil && ok
		})
	}
	arrays := len(files.File) > 0
	var models []string
	for _, f := range files.File {
		if strings.HasPrefix(f.Name, "__MACOSX/") { // what macOS notes of its own
			continue
		}
		arrays = arrays && strings.HasSuffix(f.Name, ".npy")
		switch path.Ext(f.Name) {
		case ".pkl", ".pickle", ".joblib", ".onnx", ".skops", ".ubj", ".sav":
			models = append(models, f.Name)
		}
	}
	switch {
	case has("MLmodel"):
		return fault.Errorf(fault.Invalid, "the file is a zip archive with a model package in it: give its folder, unpacked")
	case has("data.pkl") && (has("version") || has("byteorder") || has("constants.pkl")):
		return fault.Errorf(fault.Invalid, "the file is a PyTorch model: export the network to ONNX (torch.onnx.export) and use that file")
	case has("config.json") && (has("model.weights.h5") || has("metadata.json")):
		return fault.Errorf(fault.Invalid, "the file is a Keras model: export the network to ONNX (tf2onnx) and use that file")
	case has("model.ini"):
		return fault.Errorf(fault.Invalid, "the file is an H2O MOJO, which is not read: train with scikit-learn, XGBoost or LightGBM, or export to ONNX")
	case has("workbook.xml") || has("[[]Content_Types].xml"):
		return fault.Errorf(fault.Invalid, "the file is a document of Microsoft Office, not a model")
	case has("policy.pth"):
		return fault.Errorf(fault.Invalid, "the file is an agent of Stable-Baselines3, a PyTorch model: export its policy to ONNX (torch.onnx.export) and use that file")
	case arrays:
		return fault.Errorf(fault.Invalid, "the file holds arrays of numpy's (.npz), not a model")
	case len(models) > 0:
		return fault.Errorf(fault.Invalid, "the file is a zip archive: unpack it and give %s", models[0])
	}
	return fault.Errorf(fault.Invalid, "the file is a zip archive and no skops file: it has no schema.json")
}
