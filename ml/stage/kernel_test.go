package stage_test

import (
	"testing"

	"dasier/ml/stage"
)

// TestKernelSum holds sums of kernels to
//
//	V = [[1, 2], [.5, 0], [3, 1]]; x = [[.3, .7]]
//	sklearn.metrics.pairwise.…_kernel(x, V, gamma=.4, coef0=1, degree=3) @ [.5, -2, 1.5] + .25
func TestKernelSum(t *testing.T) {
	var list []operation
	for kind, want := range map[string]float64{
		stage.KernelLinear: 3.1999999999999997, stage.KernelRBF: -1.080519456666746, stage.KernelPolynomial: 6.855200000000003,
		stage.KernelSigmoid: 0.5363119095406853, stage.KernelLaplacian: -0.4688968522151482, stage.KernelCosine: 0.9578443476740424,
		stage.KernelChi2: -0.2899317366605916, stage.KernelAdditiveChi2: -2.1444726297667476,
	} {
		list = append(list, operation{kind, &stage.KernelSum{
			Kernel:  stage.Kernel{Kind: kind, Gamma: 0.4, Coef0: 1, Degree: 3},
			Vectors: []float64{1, 2, 0.5, 0, 3, 1}, Bias: []float64{0.25},
			Terms: []stage.KernelTerm{{Weights: []float64{0.5}}, {From: 1, Weights: []float64{-2, 1.5}}},
		}, []float64{0.3, 0.7}, []float64{want}})
	}
	list = append(list, operation{"none", &stage.KernelSum{Kernel: stage.Kernel{Kind: "rbf"}, Bias: []float64{3}}, []float64{1, 2}, []float64{3}})
	holdAll(t, list)
	term := func(term stage.KernelTerm) *stage.KernelSum {
		return &stage.KernelSum{Kernel: stage.Kernel{Kind: "rbf"}, Vectors: make([]float64, 6), Bias: []float64{0}, Terms: []stage.KernelTerm{term}}
	}
	refuseAll(t, []refusal{
		{"a kernel", &stage.KernelSum{Kernel: stage.Kernel{Kind: "other"}}, 2, "no kernel"},
		{"ragged vectors", term(stage.KernelTerm{}), 4, "no rows of 4"},
		{"a cell too far", term(stage.KernelTerm{Out: 1}), 2, "cell 1 of 1"},
		{"weights too many", term(stage.KernelTerm{From: 1, Weights: make([]float64, 3)}), 2, "of 3"},
		{"a negative place", term(stage.KernelTerm{From: -1}), 2, "vectors -1"},
	})
}

// TestGaussianProcess holds covariances to
//
//	from sklearn.gaussian_process.kernels import *
//	RBF([1., 2])(x, V) @ [.5, -1, .25], and so on, with x and V as above
func TestGaussianProcess(t *testing.T) {
	process := func(c stage.Covariance) *stage.GaussianProcess {
		return &stage.GaussianProcess{Covariance: c, Points: []float64{1, 2, 0.5, 0, 3, 1}, Weights: []float64{0.5, -1, 0.25}, Outputs: 1}
	}
	dot := stage.Covariance{Kind: stage.CovarianceInner, A: 0.6}
	product := stage.Covariance{Kind: stage.CovarianceProduct, Of: []stage.Covariance{{Kind: stage.CovarianceConstant, A: 2}, {Kind: stage.CovarianceRBF, Length: []float64{1}}}}
	noisy := stage.Covariance{Kind: stage.CovarianceSum, Of: []stage.Covariance{product, {Kind: stage.CovarianceNothing}}}
	var list []operation
	for _, c := range []struct {
		name string
		of   stage.Covariance
		want float64
	}{
		{"RBF([1., 2])", stage.Covariance{Kind: stage.CovarianceRBF, Length: []float64{1, 2}}, -0.5986781724139475},
		{"Matern(nu=.5)", stage.Covariance{Kind: stage.CovarianceMatern, A: 0.5, Length: []float64{1}}, -0.35212401657932507},
		{"Matern(2., nu=1.5)", stage.Covariance{Kind: stage.CovarianceMatern, A: 1.5, Length: []float64{2}}, -0.47104302789587105},
		{"Matern(nu=2.5)", stage.Covariance{Kind: stage.CovarianceMatern, A: 2.5, Length: []float64{1}}, -0.5321560456574457},
		{"RationalQuadratic(1.2, .7)", stage.Covariance{Kind: stage.CovarianceRational, A: 0.7, Length: []float64{1.2}}, -0.4648301563538285},
		{"ExpSineSquared(.8, 1.7)", stage.Covariance{Kind: stage.CovariancePeriodic, A: 1.7, B: 0.8}, 0.26546756383587433},
		{"DotProduct(.6)", dot, 1.01},
		{"ConstantKernel(2.)*RBF(1.) + WhiteKernel(.3) + DotProduct(.6)**2", stage.Covariance{Kind: stage.CovarianceSum, Of: []stage.Covariance{
			noisy, {Kind: stage.CovariancePower, A: 2, Of: []stage.Covariance{dot}},
		}}, 1.6363905947761594},
	} {
		list = append(list, operation{c.name, process(c.of), []float64{0.3, 0.7}, []float64{c.want}})
	}
	holdAll(t, list)
	deep := dot
	for range 60 {
		deep = stage.Covariance{Kind: stage.CovariancePower, A: 1, Of: []stage.Covariance{deep}}
	}
	refuseAll(t, []refusal{
		{"a kernel", process(stage.Covariance{Kind: "other"}), 2, "no kernel"},
		{"a smoothness", process(stage.Covariance{Kind: stage.CovarianceMatern, A: 3, Length: []float64{1}}), 2, "no closed form"},
		{"scales", process(stage.Covariance{Kind: stage.CovarianceRBF, Length: make([]float64, 3)}), 2, "3 scales"},
		{"half a sum", process(stage.Covariance{Kind: stage.CovarianceSum, Of: []stage.Covariance{dot}}), 2, "made of 1"},
		{"a nest", process(deep), 2, "deep"},
		{"weights", &stage.GaussianProcess{Covariance: dot, Points: make([]float64, 6), Weights: make([]float64, 2), Outputs: 1}, 2, "2 weights"},
	})
}
