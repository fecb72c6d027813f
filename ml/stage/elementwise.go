package stage

// Elementwise does steps to every cell on its own.
type Elementwise struct {
	steps [][]Compiled
}

// NewElementwise takes the steps of each cell.
func NewElementwise(steps [][]Step) (*Elementwise, error) {
	e := &Elementwise{steps: make([][]Compiled, len(steps))}
	for j, list := range steps {
		for _, s := range list {
			if !IsStep(s.Op) {
				return nil, wrong("there is no step %q", s.Op)
			}
			e.steps[j] = append(e.steps[j], s.Compile())
		}
	}
	return e, nil
}

// Check wants steps for each cell.
func (e *Elementwise) Check(in int) (int, error) {
	if len(e.steps) != in {
		return 0, wrong("there are steps for %d cells of %d", len(e.steps), in)
	}
	return in, nil
}

// Work is nothing.
func (e *Elementwise) Work(int) int { return 0 }

// Apply does the steps.
func (e *Elementwise) Apply(in, out, _ []float64) {
	for j, x := range in {
		out[j] = e.Of(j, x)
	}
}

// Of does a cell's steps to a number.
func (e *Elementwise) Of(cell int, x float64) float64 {
	for _, s := range e.steps[cell] {
		x = s.Of(x)
	}
	return x
}

// Steps are what is done to each cell, for those who write them in another
// language.
func (e *Elementwise) Steps() [][]Step {
	names := make(map[stepKind]string, len(stepNames))
	for name, kind := range stepNames {
		names[kind] = name
	}
	steps := make([][]Step, len(e.steps))
	for j, list := range e.steps {
		for _, s := range list {
			steps[j] = append(steps[j], Step{Op: names[s.kind], A: s.a, B: s.b})
		}
	}
	return steps
}
