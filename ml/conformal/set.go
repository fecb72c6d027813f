package conformal

import (
	"dasier/fault"
	"dasier/ml/predict"
)

// Classes gives a classifier sets of classes that hold the true one with the
// promised probability (see predict.Program.Set). probabilities has those of all
// classes of each calibration row side by side; y is the places of the true ones.
// With adaptive the sets grow on rows that are hard to tell, and cover more evenly;
// without it they are the smallest on average.
func Classes(model predict.Spec, probabilities, y []float64, level float64, adaptive bool) (predict.Spec, *Calibration, error) {
	strange, err := strangeness(model, probabilities, y, adaptive)
	if err != nil {
		return predict.Spec{}, nil, err
	}
	calibration, err := Of(strange)
	if err != nil {
		return predict.Spec{}, nil, err
	}
	model.Set = &predict.ClassSet{Level: level, Strangeness: calibration.Residuals(), Adaptive: adaptive}
	return model, calibration, nil
}

// CoverClasses measures the coverage of a model's sets on rows used for neither
// fitting nor calibration, and how many classes the sets have on average.
func CoverClasses(program *predict.Program, probabilities, y []float64, level float64) (coverage Coverage, size float64, err error) {
	classes := len(program.Classes())
	if classes == 0 || len(y) == 0 || len(probabilities) != len(y)*classes {
		return Coverage{}, 0, fault.Errorf(fault.Invalid, "coverage needs the probabilities of all classes for every true class, got %d for %d rows of %d classes", len(probabilities), len(y), classes)
	}
	covered := 0
	var set []int
	for i, v := range y {
		var ok bool
		if set, ok = program.Set(set[:0], probabilities[i*classes:(i+1)*classes], level); !ok {
			return Coverage{}, 0, fault.Errorf(fault.Invalid, "the sets of this model cannot promise the level %g: lower it or calibrate on more rows", level)
		}
		size += float64(len(set)) / float64(len(y))
		for _, k := range set {
			if float64(k) == v {
				covered++
			}
		}
	}
	return share(covered, len(y), level), size, nil
}

func strangeness(model predict.Spec, probabilities, y []float64, adaptive bool) ([]float64, error) {
	classes := len(model.Classes)
	if classes == 0 || len(probabilities) != len(y)*classes {
		return nil, fault.Errorf(fault.Invalid, "%d probabilities of %d classes do not belong to %d rows", len(probabilities), classes, len(y))
	}
	strange := make([]float64, len(y))
	for i, v := range y {
		k := int(v)
		if k < 0 || k >= classes {
			return nil, fault.Errorf(fault.Invalid, "calibration row %d is of class %g, and there are %d", i+1, v, classes)
		}
		strange[i] = predict.Strangeness(probabilities[i*classes:(i+1)*classes], k, adaptive)
	}
	return strange, nil
}
