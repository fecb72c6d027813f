package tensor

// Graph is a computation as data. Names connect: a node's output is the input
// of any later node that names it.
type Graph struct {
	Opsets    map[string]int // domain to version; "" is ai.onnx
	Inputs    []Port
	Outputs   []string
	Constants map[string]*Tensor
	Size      int    // bytes of the file it was read from: a run may take memory and work in proportion; 0 does not matter
	Nodes     []Node // in an order in which every input is made before it is used
}

// Port is an input or an output of a graph.
type Port struct {
	Name  string
	Type  Type
	Shape []int // -1: any; nil: of any rank, unless Scalar
	// Keys are the names of the columns where the graph ends in a ZipMap: a
	// map per row from these to numbers.
	Keys []string
}

// Node is one operation. An empty input name is an optional input that is left
// out, an empty output name an output that nobody needs.
type Node struct {
	Name       string
	Domain     string // "" is ai.onnx, "ai.onnx.ml"
	Op         string
	Version    int // of the operator set; 0: as Graph.Opsets says
	Inputs     []string
	Outputs    []string
	Attributes map[string]Attribute
}

// Attribute is a setting of an operation: one of the fields, by Kind.
type Attribute struct {
	Kind   Kind
	Float  float32
	Int    int64
	Text   string
	Floats []float32
	Ints   []int64
	Texts  []string
	Tensor *Tensor
	Graph  *Graph
}

// Kind tells which field of an Attribute is set.
type Kind uint8

// The kinds.
const (
	AttributeFloat Kind = iota + 1
	AttributeInt
	AttributeText
	AttributeFloats
	AttributeInts
	AttributeTexts
	AttributeTensor
	AttributeGraph
)
