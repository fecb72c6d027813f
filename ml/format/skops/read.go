package skops

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"dasier/fault"
	"dasier/ml/pickle"
)

// Is tells a skops file from other zip archives and from everything else.
func Is(data []byte) bool {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return false
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	return err == nil && slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == schemaName })
}

// schemaName is the member that says what the file holds.
const schemaName = "schema.json"

// maxSchema bounds the schema: a forest of a thousand trees has 4 MB.
const maxSchema = 64 << 20

// Read reads a skops file and gives its value, as pickle.Read does.
func Read(data []byte, limits pickle.Limits) (any, error) {
	most := bound(data, limits)
	a, err := open(data, most, limits.Memory)
	if err != nil {
		return nil, err
	}
	if !a.has(schemaName) {
		return nil, fault.Errorf(fault.Invalid, "the file is a zip archive without %s: it is no skops file", schemaName)
	}
	text, err := a.read(schemaName)
	if err != nil {
		return nil, err
	}
	if len(text) > maxSchema {
		return nil, fault.Errorf(fault.Limited, "the file's %s has %d bytes, at most %d are read", schemaName, len(text), maxSchema)
	}
	root, err := fastjson.ParseBytes(text)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "the file's %s is no JSON: %w", schemaName, err)
	}
	r := &reader{archive: a, left: most - a.total, memory: limits.Memory, elements: len(text), memo: map[int64]any{}, sparses: map[string]*pickle.Dict{}}
	r.maker = pickle.NewMaker(limits, len(text), r.here)
	r.maker.Beside(a.total)
	v, err := r.node(root)
	if err != nil {
		return nil, r.located(err)
	}
	return r.maker.Finish(v)
}

// reader goes through the nodes of one file.
type reader struct {
	archive  *archive
	left     int64 // what archives in the archive may grow to
	memory   int64 // and each of them; 0: nothing else
	elements int   // how many elements of arrays the schema has room for
	maker    *pickle.Maker
	memo     map[int64]any           // finished nodes by their ids
	sparses  map[string]*pickle.Dict // states of sparse matrices by their members
	path     []string
}

// here is the place of the node at hand, for messages.
func (r *reader) here() string {
	if len(r.path) == 0 {
		return "at the root"
	}
	return "at " + strings.Join(r.path, ".")
}

// located gives a refusal its place, unless it has one.
func (r *reader) located(err error) error {
	if strings.HasPrefix(err.Error(), "at ") {
		return err
	}
	return fault.Errorf(fault.KindOf(err), "%s: %w", r.here(), err)
}

// unfinished stands for a node that is being read.
type unfinished struct{}

// node reads a node. The schema's depth is bounded by its parser.
func (r *reader) node(v *fastjson.Value) (any, error) {
	if v == nil || v.Type() != fastjson.TypeObject {
		return nil, fault.Errorf(fault.Invalid, "what should be a node is none")
	}
	id, hasID := integer(v.Get("__id__"))
	if hasID {
		if known, ok := r.memo[id]; ok {
			if known == (unfinished{}) {
				return nil, fault.Errorf(fault.Invalid, "a node contains itself: no model does")
			}
			return known, nil
		}
		r.memo[id] = unfinished{}
	}
	made, err := r.load(v)
	if err != nil {
		return nil, r.located(err) // before the path is left
	}
	if hasID {
		r.memo[id] = made
	}
	return made, nil
}

// child reads the node under a name.
func (r *reader) child(v *fastjson.Value, name string) (any, error) {
	r.path = append(r.path, name)
	made, err := r.node(v)
	if err != nil {
		return nil, err
	}
	r.path = r.path[:len(r.path)-1]
	return made, nil
}

// load reads a node by its loader.
func (r *reader) load(v *fastjson.Value) (any, error) { //nolint:gocyclo // a table of loaders
	loader := text(v, "__loader__")
	content := v.Get("content")
	switch loader {
	case "JsonNode":
		return scalar(text(v, "content"))
	case "DictNode", "OrderedDictNode", "BunchNode":
		return r.dict(v)
	case "DefaultDictNode", "_DictWithDeprecatedKeysNode":
		return r.child(content.Get("main"), "main")
	case "ListNode", "SetNode", "TupleNode":
		return r.list(v, loader)
	case "ObjectNode":
		return r.object(v)
	case "ReduceNode", "TreeNode", "LossNode":
		return r.reduced(v)
	case "ConstructorFromReduceNode":
		return r.constructed(v)
	case "NdArrayNode":
		return r.array(v)
	case "MaskedArrayNode", "RandomStateNode", "RandomGeneratorNode":
		return r.inert(v)
	case "DTypeNode":
		return r.dtype(content)
	case "SparseMatrixNode":
		return r.sparse(v)
	case "TypeNode", "FunctionNode":
		return r.global(v)
	case "SliceNode":
		return r.slice(content)
	case "PartialNode":
		return r.partial(content)
	case "BytesNode", "BytearrayNode":
		raw, err := r.archive.read(text(v, "file"))
		return pickle.Bytes(raw), err
	case "MethodNode":
		return r.maker.Unlisted(pickle.Global{Module: text(v, "__module__"), Name: text(v, "__class__") + "." + text(content, "func")})
	case "OperatorFuncNode":
		return r.maker.Unlisted(class(v))
	case "PandasIndexNode":
		return r.child(content.Get("values"), "values")
	}
	if strings.HasPrefix(loader, "Pandas") {
		return r.inert(v)
	}
	return nil, fault.Errorf(fault.Invalid, "a node with the loader %.60q is not known", loader)
}

// class is the name that a node goes by.
func class(v *fastjson.Value) pickle.Global {
	return pickle.Global{Module: text(v, "__module__"), Name: text(v, "__class__")}
}

// global reads the name of a class or function, which protocols 0 and 1 keep
// deeper.
func (r *reader) global(v *fastjson.Value) (any, error) {
	g := class(v)
	if inner := v.Get("content"); inner != nil && inner.Type() == fastjson.TypeObject {
		if inner.Exists("function") {
			g = pickle.Global{Module: text(inner, "module_path"), Name: text(inner, "function")}
		} else if inner.Exists("__class__") {
			g = class(inner)
		}
	}
	if g.Module == "builtins" && g.Name == "NoneType" { // of a dict's keys
		return g, nil
	}
	return r.maker.Global(g)
}

// make makes an instance of a node's class.
func (r *reader) make(g pickle.Global, args ...any) (any, error) {
	callee, err := r.maker.Global(g)
	if err != nil {
		return nil, err
	}
	return r.maker.Make(callee, args)
}

// object reads an instance and its state.
func (r *reader) object(v *fastjson.Value) (any, error) {
	o, err := r.make(class(v))
	if err != nil {
		return nil, err
	}
	content := v.Get("content")
	if content == nil || content.Type() == fastjson.TypeNull {
		return o, nil
	}
	state, err := r.node(content)
	if err != nil {
		return nil, err
	}
	return o, r.maker.Build(o, state)
}

// reduced reads an instance that is made of arguments and a state.
func (r *reader) reduced(v *fastjson.Value) (any, error) {
	args, err := r.child(v.Get("__reduce__", "args"), "args")
	if err != nil {
		return nil, err
	}
	items, ok := pickle.Items(args)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "an object's arguments are no tuple")
	}
	o, err := r.make(class(v), items...)
	if err != nil {
		return nil, err
	}
	state, err := r.node(v.Get("content"))
	if err != nil {
		return nil, err
	}
	if fields, ok := state.(*pickle.Dict); ok && fields.Len() == 0 { // it has none
		return o, nil
	}
	return o, r.maker.Build(o, state)
}

// constructed reads an instance that is made of arguments alone.
func (r *reader) constructed(v *fastjson.Value) (any, error) {
	args, err := r.node(v.Get("content"))
	if err != nil {
		return nil, err
	}
	items, ok := pickle.Items(args)
	if !ok {
		return nil, fault.Errorf(fault.Invalid, "an object's arguments are no tuple")
	}
	return r.make(class(v), items...)
}

// inert makes an object of a class whose content no prediction reads.
func (r *reader) inert(v *fastjson.Value) (any, error) {
	g := class(v)
	if g.Module == "pandas" || g.Module == "pandas.arrays" { // the public names
		return &pickle.Object{Class: g}, nil
	}
	if g.Name == "MaskedArray" {
		g = pickle.Global{Module: "numpy.ma.core", Name: "_mareconstruct"}
	}
	return r.make(g)
}

// partial reads functools.partial the way its pickle says it.
func (r *reader) partial(content *fastjson.Value) (any, error) {
	state := make([]any, 4)
	for i, name := range []string{"func", "args", "kwds", "namespace"} {
		part, err := r.child(content.Get(name), name)
		if err != nil {
			return nil, err
		}
		state[i] = part
	}
	o, err := r.make(pickle.Global{Module: "functools", Name: "partial"}, state[0])
	if err != nil {
		return nil, err
	}
	return o, r.maker.Build(o, &pickle.Tuple{Items: state})
}

func (r *reader) slice(content *fastjson.Value) (any, error) {
	args := make([]any, 3)
	for i, name := range []string{"start", "stop", "step"} {
		if bound := content.Get(name); bound != nil && bound.Type() != fastjson.TypeNull {
			if n, ok := integer(bound); ok {
				args[i] = n
			} else if label, err := bound.StringBytes(); err == nil {
				args[i] = string(label)
			} else {
				return nil, fault.Errorf(fault.Invalid, "a slice's %s is neither a number nor a text", name)
			}
		}
	}
	return r.make(pickle.Global{Module: "builtins", Name: "slice"}, args...)
}

// text is a member of a node that is a text; empty otherwise.
func text(v *fastjson.Value, name string) string {
	if v == nil {
		return ""
	}
	return string(v.GetStringBytes(name))
}

func integer(v *fastjson.Value) (int64, bool) {
	if v == nil {
		return 0, false
	}
	n, err := v.Int64()
	return n, err == nil
}

func describe(v *fastjson.Value) string {
	if v == nil {
		return "nothing"
	}
	return fmt.Sprintf("JSON's %s", v.Type())
}
