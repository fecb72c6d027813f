package prep

import (
	"dasier/fault"
	"dasier/ml/frame"
	"dasier/ml/predict"
)

// usualBuckets is how many numbers a text becomes unless said otherwise.
const usualBuckets = 256

// words makes features of a free text: the buckets that some word of the training
// rows falls into (package predict, Hashing). A missing text has no words.
func words(c *frame.Column, want Column) (made, error) {
	hashing, err := hashingOf(c.Name, want.Text)
	if err != nil {
		return made{}, err
	}
	input := predict.Input{Name: c.Name, Kind: c.Kind, Unknown: "ignore", Text: true, Hashing: hashing}
	counts := levelCounts(c)
	used, buckets := make([]bool, hashing.Buckets), make([]float64, hashing.Buckets)
	for code, level := range c.Levels {
		if counts[code] == 0 {
			continue
		}
		hashing.Fill([]byte(level), buckets)
		for k, v := range buckets {
			used[k] = used[k] || v != 0
		}
	}
	m := made{input: input, reference: -1}
	for k := range used {
		if used[k] {
			m.features = append(m.features, predict.Feature{Name: bucketName(c.Name, k), Op: opHashed, Bucket: k, Scale: 1})
		}
	}
	if len(m.features) == 0 {
		return made{left: "its texts have no words"}, nil
	}
	if want.Missing == MissingIndicator && hasMissing(c) {
		m.features = append(m.features, missingFeature(c))
	}
	return m, nil
}

func hashingOf(column string, want Text) (*predict.Hashing, error) {
	hashing := &predict.Hashing{Buckets: want.Buckets, Pairs: want.Pairs, Unsigned: want.Unsigned, Norm: !want.Raw}
	if hashing.Buckets == 0 {
		hashing.Buckets = usualBuckets
	}
	const most = 1 << 16
	if hashing.Buckets < 1 || hashing.Buckets > most {
		return nil, fault.Errorf(fault.Invalid, "the text %q is to be put into %d buckets: 1 to %d are possible", column, want.Buckets, most)
	}
	switch want.Count {
	case "", "log":
		hashing.Count = "log"
	case "binary":
		hashing.Count = "binary"
	case "count":
	default:
		return nil, fault.Errorf(fault.Invalid, "the words of %q cannot be counted as %q: use log, count or binary", column, want.Count)
	}
	return hashing, nil
}
