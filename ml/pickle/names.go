package pickle

import "strings"

// use is what a file may do with a name.
type use uint8

const (
	named use = iota + 1 // it may stand somewhere as a value
	class                // instances of it may be made: they are Objects
	inert                // the same, of what nobody reads or what is a function: the result is an Object of its name, with its arguments
)

// listing is a part of the closed list: names of one module, between spaces.
type listing struct {
	use    use
	module string
	names  string
}

// globals is all that a file may name, with constructors (builders.go). A name that is not here is
// refused, so a line is added only for what models of the supported libraries
// are known to carry, and never for a function that does something.
var globals = index(sklearnClasses, sklearnFunctions, sklearnCompiled, boosters, resamplers, searches, numbers, frames, plain)

func index(lists ...[]listing) map[Global]use {
	all := make(map[Global]use, 2000)
	for _, list := range lists {
		for _, l := range list {
			for name := range strings.FieldsSeq(l.names) {
				all[Global{l.module, name}] = l.use
			}
		}
	}
	return all
}

// boosters are the wrappers whose content other formats describe.
var boosters = []listing{
	{class, "xgboost.core", "Booster"},
	{class, "xgboost.sklearn", "XGBClassifier XGBModel XGBRFClassifier XGBRFRegressor XGBRanker XGBRegressor"},
	{class, "xgboost.compat", "XGBoostLabelEncoder"},
	{class, "xgboost.callback", "EarlyStopping EvaluationMonitor LearningRateScheduler"},
	{class, "lightgbm.basic", "Booster"},
	{class, "lightgbm.sklearn", "LGBMClassifier LGBMModel LGBMRanker LGBMRegressor"},
	{class, "lightgbm.compat", "LGBMLabelEncoder _LGBMLabelEncoder"},
}

// resamplers change the rows that a model is trained on. The pipeline that holds
// them passes them by when it predicts; the ensembles predict as those of
// scikit-learn do that they are made from.
var resamplers = []listing{
	{class, "imblearn.pipeline", "Pipeline"},
	{class, "imblearn.over_sampling._smote.base", "SMOTE SMOTEN SMOTENC"},
	{class, "imblearn.over_sampling._smote.filter", "BorderlineSMOTE SVMSMOTE"},
	{class, "imblearn.over_sampling._smote.cluster", "KMeansSMOTE"},
	{class, "imblearn.over_sampling._smote", "BorderlineSMOTE KMeansSMOTE SMOTE SMOTENC SVMSMOTE"},
	{class, "imblearn.over_sampling._adasyn", "ADASYN"},
	{class, "imblearn.over_sampling._random_over_sampler", "RandomOverSampler"},
	{class, "imblearn.under_sampling._prototype_selection._random_under_sampler", "RandomUnderSampler"},
	{class, "imblearn.under_sampling._prototype_selection._tomek_links", "TomekLinks"},
	{class, "imblearn.under_sampling._prototype_selection._edited_nearest_neighbours", "AllKNN EditedNearestNeighbours RepeatedEditedNearestNeighbours"},
	{class, "imblearn.under_sampling._prototype_selection._nearmiss", "NearMiss"},
	{class, "imblearn.combine._smote_enn", "SMOTEENN"},
	{class, "imblearn.combine._smote_tomek", "SMOTETomek"},
	{class, "imblearn.under_sampling._prototype_selection._condensed_nearest_neighbour", "CondensedNearestNeighbour"},
	{class, "imblearn.under_sampling._prototype_selection._instance_hardness_threshold", "InstanceHardnessThreshold"},
	{class, "imblearn.under_sampling._prototype_selection._neighbourhood_cleaning_rule", "NeighbourhoodCleaningRule"},
	{class, "imblearn.under_sampling._prototype_selection._one_sided_selection", "OneSidedSelection"},
	{class, "imblearn.under_sampling._prototype_generation._cluster_centroids", "ClusterCentroids"},
	{class, "imblearn.base", "FunctionSampler"},
	{class, "imblearn.ensemble._bagging", "BalancedBaggingClassifier"},
	{class, "imblearn.ensemble._easy_ensemble", "EasyEnsembleClassifier"},
	{class, "imblearn.ensemble._forest", "BalancedRandomForestClassifier"},
	{class, "imblearn.ensemble._weight_boosting", "RUSBoostClassifier"},
}

// searches are those of other libraries that predict with the best model found,
// as scikit-learn's own do.
var searches = []listing{
	{class, "skopt.searchcv", "BayesSearchCV"},
	{class, "optuna.integration.sklearn", "OptunaSearchCV"},
	{class, "optuna_integration.sklearn.sklearn", "OptunaSearchCV"},
}

// isSearch tells the modules of searches, of which predictions read the best
// model alone.
func isSearch(module string) bool {
	switch module {
	case "sklearn.model_selection._search", "sklearn.model_selection._search_successive_halving",
		"skopt.searchcv", "optuna.integration.sklearn", "optuna_integration.sklearn.sklearn":
		return true
	}
	return false
}

// IsSampler tells the modules of resamplers, which leave the rows to predict
// alone.
func IsSampler(module string) bool {
	rest, ok := strings.CutPrefix(module, "imblearn.")
	return ok && (rest == "base" || strings.HasPrefix(rest, "over_sampling.") || strings.HasPrefix(rest, "under_sampling.") || strings.HasPrefix(rest, "combine."))
}

// numbers are numpy's and scipy's.
var numbers = []listing{
	{named, "numpy", "" +
		"bool bool_ byte bytes_ cdouble clongdouble complex128 complex64 csingle datetime64 double float16 float32 float64 floating generic " +
		"half inexact int16 int32 int64 int8 int_ intc integer intp long longdouble longlong number object_ short signedinteger single str_ " +
		"timedelta64 ubyte uint uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong unsignedinteger ushort void " +
		"matrix memmap record recarray " +
		"abs absolute add arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil clip cos cosh deg2rad degrees divide exp exp2 expm1 fabs " +
		"floor isfinite isnan log log10 log1p log2 logical_not maximum mean median minimum multiply nan_to_num negative positive " +
		"power rad2deg radians ravel reciprocal rint round sign sin sinh sqrt square std subtract sum tan tanh trunc var where average max min " +
		"asarray array column_stack reshape squeeze atleast_2d"},
	{named, "numpy.ma", "MaskedArray"},
	{named, "numpy.ma.core", "MaskedArray MaskedConstant"},
	{named, "numpy.dtypes", "" +
		"BoolDType ByteDType BytesDType CLongDoubleDType Complex128DType Complex64DType DateTime64DType Float16DType Float32DType Float64DType " +
		"Int16DType Int32DType Int64DType Int8DType IntDType LongDType LongDoubleDType LongLongDType ObjectDType ShortDType StrDType StringDType " +
		"TimeDelta64DType UByteDType UInt16DType UInt32DType UInt64DType UInt8DType UIntDType ULongDType ULongLongDType UShortDType VoidDType"},
	{named, "numpy.random._mt19937", "MT19937"},
	{named, "numpy.random._pcg64", "PCG64 PCG64DXSM"},
	{named, "numpy.random._philox", "Philox"},
	{named, "numpy.random._sfc64", "SFC64"},
	{inert, "numpy.random.bit_generator", "SeedSequence SeedlessSeedSequence"},
	{inert, "numpy.ma.core", "_mareconstruct"},
	{inert, "numpy.random", "__RandomState_ctor"},
	{inert, "numpy.random.mtrand", "RandomState __RandomState_ctor"},
	{inert, "numpy.random._pickle", "__bit_generator_ctor __generator_ctor __randomstate_ctor"},
	{inert, "numpy.random.bit_generator", "__pyx_unpickle_SeedSequence __pyx_unpickle_SeedlessSeedSequence"},
	{inert, "numpy.random._generator", "Generator"},
	{class, "numpy.lib.polynomial", "poly1d"},
	{named, "scipy._lib.array_api_compat.numpy._aliases", "asarray"},
	{named, "scipy.special._ufuncs", "boxcox boxcox1p cbrt exp10 exp2 expit expm1 inv_boxcox inv_boxcox1p log1p log_expit logit"},
	{named, "scipy.spatial.distance", "chebyshev cityblock correlation cosine euclidean hamming minkowski sqeuclidean"},
	{class, "scipy.interpolate._bsplines", "BSpline"},
	{class, "scipy.interpolate._interpolate", "PPoly interp1d"},
	{class, "scipy.sparse._bsr", "bsr_array bsr_matrix"},
	{class, "scipy.sparse._coo", "coo_array coo_matrix"},
	{class, "scipy.sparse._csc", "csc_array csc_matrix"},
	{class, "scipy.sparse._csr", "csr_array csr_matrix"},
	{class, "scipy.sparse._dia", "dia_array dia_matrix"},
	{class, "scipy.sparse._dok", "dok_array dok_matrix"},
	{class, "scipy.sparse._lil", "lil_array lil_matrix"},
}

// frames are pandas' parts: bundles keep tables and columns beside the model.
// An Index is read (frames.go); a table is an Object that nobody looks into.
var frames = []listing{
	{named, "pandas", "CategoricalIndex DatetimeIndex Index IntervalIndex MultiIndex PeriodIndex RangeIndex TimedeltaIndex"},
	{class, "pandas", "Categorical DataFrame Flags Series"}, // pandas 3 calls its classes by their public names
	{inert, "pandas", "BooleanDtype CategoricalDtype DatetimeTZDtype Float32Dtype Float64Dtype Int16Dtype Int32Dtype Int64Dtype Int8Dtype Interval " +
		"IntervalDtype PeriodDtype Timedelta Timestamp UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype"},
	{class, "pandas.arrays", "BooleanArray DatetimeArray FloatingArray IntegerArray IntervalArray NumpyExtensionArray PandasArray PeriodArray TimedeltaArray"},
	{named, "pandas.core.indexes.base", "Index"},
	{named, "pandas.core.indexes.category", "CategoricalIndex"},
	{named, "pandas.core.indexes.datetimes", "DatetimeIndex"},
	{named, "pandas.core.indexes.interval", "IntervalIndex"},
	{named, "pandas.core.indexes.multi", "MultiIndex"},
	{named, "pandas.core.indexes.numeric", "Float64Index Int64Index NumericIndex UInt64Index"},
	{named, "pandas.core.indexes.period", "PeriodIndex"},
	{named, "pandas.core.indexes.range", "RangeIndex"},
	{named, "pandas.core.indexes.timedeltas", "TimedeltaIndex"},
	{inert, "pandas.core.indexes.datetimes", "_new_DatetimeIndex"},
	{inert, "pandas.core.indexes.period", "_new_PeriodIndex"},
	{class, "pandas.core.frame", "DataFrame"},
	{class, "pandas.core.series", "Series"},
	{class, "pandas.core.flags", "Flags"},
	{inert, "pandas.core.internals.managers", "BlockManager SingleBlockManager _unpickle_block"},
	{inert, "pandas._libs.internals", "_unpickle_block"},
	{inert, "pandas.core.internals.blocks", "new_block"},
	{class, "pandas.core.arrays.boolean", "BooleanArray"},
	{class, "pandas.core.arrays.categorical", "Categorical"},
	{class, "pandas.core.arrays.datetimes", "DatetimeArray"},
	{class, "pandas.core.arrays.floating", "FloatingArray"},
	{class, "pandas.core.arrays.integer", "IntegerArray"},
	{class, "pandas.core.arrays.interval", "IntervalArray"},
	{class, "pandas.core.arrays.numpy_", "NumpyExtensionArray PandasArray"},
	{class, "pandas.core.arrays.period", "PeriodArray"},
	{class, "pandas.core.arrays.timedeltas", "TimedeltaArray"},
	{class, "pandas.core.arrays.string_", "StringArray StringArrayNumpySemantics"},
	{class, "pandas.core.arrays.arrow.array", "ArrowExtensionArray"},
	{class, "pandas.core.arrays.sparse.array", "SparseArray"},
	{class, "pandas.core.arrays.string_arrow", "ArrowStringArray ArrowStringArrayNumpySemantics"},
	{class, "pandas.arrays", "ArrowExtensionArray ArrowStringArray ArrowStringArrayNumpySemantics SparseArray StringArray StringArrayNumpySemantics"},
	{inert, "pandas", "StringDtype"},
	{inert, "pandas.core.arrays.string_", "StringDtype"},
	{class, "pandas.core.arrays.boolean", "BooleanDtype"},
	{class, "pandas.core.arrays.floating", "Float32Dtype Float64Dtype"},
	{class, "pandas.core.arrays.integer", "Int16Dtype Int32Dtype Int64Dtype Int8Dtype UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype"},
	{inert, "pandas.core.dtypes.dtypes", "ArrowDtype CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype SparseDtype"},
	{inert, "pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"},
	{inert, "pandas._libs.missing", "NAType"},
	{named, "pandas._libs.missing", "NA"},
	{inert, "pandas._libs.interval", "Interval"},
	{inert, "pandas._libs.tslibs.nattype", "_nat_unpickle __nat_unpickle"},
	{inert, "pandas._libs.tslibs.timestamps", "_unpickle_timestamp Timestamp"},
	{inert, "pandas._libs.tslibs.timedeltas", "_timedelta_unpickle Timedelta"},
	{inert, "pandas._libs.tslibs.offsets", "BDay BusinessDay Day Hour Minute MonthBegin MonthEnd Second Week YearEnd"},
}

// plain are Python's own values that stand in bundles.
var plain = []listing{
	{named, "builtins", "bool bytes float int str tuple type"},
	{inert, "functools", "partial"},
	{inert, "datetime", "date datetime time timedelta timezone"},
	{inert, "decimal", "Decimal"},
	{inert, "fractions", "Fraction"},
	{inert, "uuid", "SafeUUID"},
	{class, "uuid", "UUID"},
	{inert, "pathlib", "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath"},
	{inert, "types", "SimpleNamespace"},
	{class, "argparse", "Namespace"},
	{class, "collections", "UserDict UserList"},
	{inert, "zoneinfo", "ZoneInfo"},
	{inert, "pytz", "_UTC _p"},
	{class, "joblib.numpy_pickle", "NumpyArrayWrapper"},
}
