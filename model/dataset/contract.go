package dataset

import (
	"errors"
	"fmt"
	"maps"
	"os"

	"dasier/fault"
	"dasier/ml/frame"
)

// Contract is what every version of a file must keep to.
//
//	rows: {min: 1000, max: 100000}
//	extra_columns: false          # default true: columns not named here may be there
//	columns:
//	  Sale_Price:
//	    kind: number              # number, category, bool or time
//	    required: true            # the default: the column must be there
//	    min: 0                    # of a number, or an ISO date of a time
//	    max: 2000000
//	    missing: 0                # the greatest share of missing values, 0 to 1
//	  Street:
//	    kind: category
//	    levels: [Grvl, Pave]      # no others
//	  Id:
//	    unique: true              # no value twice
type Contract struct {
	MinRows int // 0: no bound
	MaxRows int // 0: no bound
	Extra   bool
	Columns []Rule // in the order of the file
}

// Rule is what one column must keep to. A nil field asks for nothing.
type Rule struct {
	Name     string
	Required bool
	Kind     *frame.Kind
	Min      *float64 // of a Time: seconds since 1970
	Max      *float64
	Levels   []string
	Missing  *float64
	Unique   bool
}

// Reading completes cfg so that what the contract calls a category is read
// verbatim, whatever it looks like. Other kinds are left to be inferred: a
// wrong cell is then a violation that Check lists with its row.
func (c *Contract) Reading(cfg frame.Config) frame.Config {
	kinds := maps.Clone(cfg.Kinds)
	if kinds == nil {
		kinds = make(map[string]frame.Kind)
	}
	for _, rule := range c.Columns {
		if _, said := kinds[rule.Name]; !said && rule.Kind != nil && *rule.Kind == frame.Category {
			kinds[rule.Name] = frame.Category
		}
	}
	cfg.Kinds = kinds
	return cfg
}

// ReadContract reads the contract file at path.
func ReadContract(path string) (*Contract, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the caller chooses the file
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.Errorf(fault.Missing, "no contract %q", path)
	}
	if err != nil {
		return nil, fmt.Errorf("opening contract: %w", err)
	}
	return ParseContract(path, text)
}
