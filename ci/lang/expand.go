package lang

import "strings"

// Limits of one expansion, and of all those of a set of variables: variables
// that double each other would else grow without end, and many that each stay
// within the limit would still fill the memory.
const (
	maxExpanded         = 1 << 20
	maxSubstitutions    = 10_000
	maxAllExpanded      = 16 << 20
	maxAllSubstitutions = 200_000
)

// Expand puts values in the place of $NAME and ${NAME}, and what those values
// name in turn ("Where variables can be used: Nested variable expansion"). $$
// gives a $ that starts nothing. An undefined name gives nothing; a variable
// that leads back to itself stays as written, as does what is past the limits.
func Expand(text string, vars func(string) (string, bool)) string {
	return expand(text, func(name string) (Variable, bool) {
		value, ok := vars(name)
		return Variable{Key: name, Value: value}, ok
	})
}

// ExpandAll expands every variable with the others and, where a name is not
// among them, with outer, which may be nil. Raw ones stay as they are, and are
// put as they are into others ("variables:expand").
func ExpandAll(vars []Variable, outer func(string) (string, bool)) []Variable {
	named := make(map[string]Variable, len(vars))
	for _, v := range vars {
		named[v.Key] = v
	}
	lookup := func(name string) (Variable, bool) {
		if v, ok := named[name]; ok {
			return v, true
		}
		if outer == nil {
			return Variable{}, false
		}
		value, ok := outer(name)
		return Variable{Key: name, Value: value}, ok
	}
	out := make([]Variable, len(vars))
	bytes, steps := maxAllExpanded, maxAllSubstitutions
	for i, v := range vars {
		out[i] = v
		if !v.Raw {
			e := expander{lookup: lookup, open: map[string]bool{v.Key: true}, bytes: min(maxExpanded, bytes), steps: min(maxSubstitutions, steps)}
			e.write(v.Value)
			out[i].Value = e.out.String()
			bytes, steps = max(0, bytes-e.out.Len()), max(0, steps-e.spent)
		}
	}
	return out
}

func expand(text string, lookup func(string) (Variable, bool)) string {
	if !strings.Contains(text, "$") {
		return text
	}
	e := expander{lookup: lookup, open: map[string]bool{}, bytes: maxExpanded, steps: maxSubstitutions}
	e.write(text)
	return e.out.String()
}

type expander struct {
	lookup func(string) (Variable, bool)
	out    strings.Builder
	open   map[string]bool // being expanded now
	spent  int
	bytes  int // limits: how long out may become by substitutions,
	steps  int // and how many of them there may be
}

func (e *expander) write(text string) {
	for {
		before, after, found := strings.Cut(text, "$")
		e.out.WriteString(before)
		if !found {
			return
		}
		if strings.HasPrefix(after, "$") {
			e.out.WriteByte('$')
			text = after[1:]
			continue
		}
		name, length := variableName(after)
		if name == "" {
			e.out.WriteByte('$')
			text = after
			continue
		}
		e.put(name, "$"+after[:length])
		text = after[length:]
	}
}

func (e *expander) put(name, written string) {
	e.spent++
	v, ok := e.lookup(name)
	switch {
	case !ok:
	case e.open[name] || e.spent > e.steps || e.out.Len()+len(v.Value) > e.bytes:
		e.out.WriteString(written)
	case v.Raw:
		e.out.WriteString(v.Value)
	default:
		e.open[name] = true
		e.write(v.Value)
		delete(e.open, name)
	}
}

// variableName reads NAME or {NAME} and says how long it is written.
func variableName(s string) (name string, length int) {
	braced := strings.HasPrefix(s, "{")
	if braced {
		s = s[1:]
	}
	n := nameLength(s)
	switch {
	case n == 0 || s[0] >= '0' && s[0] <= '9':
		return "", 0
	case !braced:
		return s[:n], n
	case len(s) > n && s[n] == '}':
		return s[:n], n + 2
	}
	return "", 0
}
