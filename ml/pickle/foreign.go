package pickle

import (
	"strings"

	"dasier/fault"
)

// foreign is what a file has that is not on the closed list: the name, and the
// refusal it earns unless it turns out to stand only where no prediction looks
// (judge.go).
type foreign struct {
	name    Global
	err     error
	excused bool
}

// Opaque stands in a value where the file had something that is not on the
// closed list, in a place that no prediction looks at: what a search tried, the
// tables and explainers in a bundle beside the model. It holds nothing.
type Opaque struct {
	Class  Global // the first name of it that is not on the list
	Reason error  // the refusal to give to who wants it all the same
}

// maxForeign bounds the names that are waited with.
const maxForeign = 1000

// refusal is the error of a name that is not on the list.
func refusal(g Global, where string) error {
	return fault.Errorf(fault.Invalid, "%s: the file names %s, which is not among what models are made of: it is refused, and nothing of it was run%s", where, clip(g.String()), advice(g))
}

// advice is what to do about a name that is known to people and not to us.
func advice(g Global) string {
	top, _, _ := strings.Cut(g.Module, ".")
	switch {
	case top == "__main__" || top == "__mp_main__":
		return ". The pickle names " + clip(g.String()) + " of the script that trained the model, and no file holds what that does: use a class of scikit-learn in its place (ColumnTransformer, or FunctionTransformer with a function of numpy), or do that step before the model and save the rest. Of an object around a model, save the model that it holds"
	case top == "cloudpickle":
		return ". It is a function or class of the training script, saved as code by cloudpickle, and code is not read: use a class of scikit-learn, or a function of numpy, in its place"
	case top == "dill":
		return ". It is a function or class of the training script, saved as code by dill, and code is not read: use a class of scikit-learn, or a function of numpy, in its place"
	case top == "catboost":
		return ". CatBoost keeps its models in a form of its own: export the model with save_model(..., format=\"onnx\") and use that file"
	case g.Name == "NDArrayWrapper" || g.Name == "ZNDArrayWrapper":
		return ". joblib before 0.10 kept the arrays in files beside this one: load it with that joblib and save it again with a newer one"
	case networks[top]:
		return ". Networks are read from ONNX files: export the model to ONNX"
	case top == "sklearnex" || top == "daal4py" || top == "cuml":
		return ". It is scikit-learn as " + top + " changes it, whose models are kept in a form of its own: train with scikit-learn itself, or export the model to ONNX"
	case g == Global{"xgboost.core", "DMatrix"} || g == Global{"lightgbm.basic", "Dataset"}:
		return ". It is the data of a training, which no prediction needs: save the model without it"
	case libraries[top]:
		return ". Models of " + top + " are not read: use the class of scikit-learn that does the same, or export the model to ONNX"
	case !isStandard(g.Module) && !familiar[top]:
		return ". It is of the project that made the file, or of a library that is not read, and no file holds what it does: save the model itself, fitted, without the objects around it, and do the steps before it with classes of scikit-learn"
	}
	return ""
}

// familiar are the libraries whose models are read: a name of theirs that is not on
// the list is none of a model.
var familiar = set("imblearn joblib lightgbm numpy optuna optuna_integration pandas pyarrow scipy sklearn skopt xgboost")

// networks are libraries of neural networks.
var networks = set("fastai keras lightning pytorch_lightning scikeras sentence_transformers skorch tensorflow tf_keras torch torchvision transformers")

// isCode tells the names under which scripts' own functions are saved as code,
// which takes names of Python itself.
func isCode(g Global) bool {
	top, _, _ := strings.Cut(g.Module, ".")
	return top == "cloudpickle" || top == "dill"
}

// libraries are third parties whose transformers and models people save.
var libraries = set("autogluon autosklearn category_encoders causalml econml eli5 fasttext fbprophet feature_engine flaml gensim h2o hmmlearn implicit interpret jcopml kmodes lifelines lightfm lime mapie mlxtend ngboost nltk optbinning pmdarima prophet pycaret pygam pyod pytorch_tabnet rgf scikitplot shap skmultilearn sktime sklearn_pandas sksurv spacy statsmodels surprise tempo tpot umap yellowbrick")

// standard are the modules of Python itself. What a file wants of them and is
// not on the list is refused at once, wherever it stands: this is how files
// attack who opens them.
var standard = set("__builtin__ __builtins__ _codecs _collections _csv _ctypes _io _operator _osx_support _pickle _posixsubprocess _socket _sqlite3 _ssl _thread _weakref " +
	"abc antigravity array ast asynchat asyncio asyncore atexit base64 bdb binascii bisect builtins bz2 cPickle cProfile calendar cgi cgitb cmd code codecs codeop " +
	"collections colorsys commands compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal " +
	"difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc getopt " +
	"getpass gettext glob grp gzip hashlib heapq hmac html http idlelib imaplib imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale " +
	"logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath numbers opcode operator optparse os " +
	"ossaudiodev parser pathlib pdb pickle pickletools pip pipes pkg_resources pkgutil platform plistlib popen2 poplib posix posixpath pprint profile pstats pty pwd " +
	"py_compile pyclbr pydoc queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors setuptools shelve shlex shutil signal " +
	"site smtpd smtplib sndhdr socket socketserver spwd sqlite3 ssl stat statistics string stringprep struct subprocess sunau symbol symtable sys sysconfig syslog " +
	"tabnanny tarfile telnetlib tempfile termios test textwrap threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle types typing " +
	"unicodedata unittest urllib urllib2 uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo")

func set(words string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		all[word] = true
	}
	return all
}

// isStandard tells whether a module is Python's own.
func isStandard(module string) bool {
	top, _, _ := strings.Cut(module, ".")
	return standard[top]
}
