# Writes the files of this folder with scikit-learn 1.2.1 and XGBoost 1.7.4:
#   OMP_NUM_THREADS=1 python3 make.py
# They imitate how public scripts save what they learn of texts and of dicts: a
# pipeline, a vectorizer alone, and a vectorizer beside the model that it feeds.
import json
import warnings

import joblib
import numpy as np
import pandas as pd
import xgboost
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor, VotingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, LabelEncoder, MaxAbsScaler, MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

warnings.filterwarnings("ignore")


def plain(v):
    if sparse.issparse(v):
        v = v.toarray()
    if isinstance(v, np.ndarray):
        v = v.tolist()
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    if isinstance(v, np.generic):
        v = v.item()
    return None if isinstance(v, float) and v != v else v


def save(name, kept, model, columns, rows, x):
    joblib.dump(kept, name + ".pkl", compress=3)
    output = {}
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        if hasattr(model, method) and not (method == "transform" and hasattr(model, "predict")):
            output[method] = plain(getattr(model, method)(x))
    with open(name + ".ref.json", "w") as f:
        json.dump({"file": name + ".pkl", "columns": columns, "rows": plain(rows), "output": output}, f, separators=(",", ":"))


texts = [
    "Free entry in 2 a wkly comp to win FA Cup final tkts 21st May 2005!!", "Nah I don't think he goes to usf, he lives around here though",
    "WINNER!! As a valued customer you have been selected to receive a £900 prize!", "I'm gonna be home soon and i don't want to talk about this stuff tonight, k?",
    "SIX chances to win CASH! From 100 to 20,000 pounds txt> CSH11", "Même les élèves étaient là: ça coûte 5€, naïve café",
    "URGENT! You have won a 1 week FREE membership", "I HAVE A DATE ON SUNDAY WITH WILL!!", "Oh k...i'm watching here:)",
    "Fine if that\u2019s the way u feel. That\u2019s the way its gota b", "हिन्दी में यह संदेश है 123", "ΟΔΟΣ ΣΑΣ İstanbul STRASSE straße ﬁne",
    "今日は 世界 一二三", "under_score a_b __init__ x1 1x", "a b c d", "", "the and of to", "win win win cash cash now\tcall  txt",
]
labels = np.array(["spam", "ham", "other"] * 6)
two = np.array(["spam", "ham"] * 9)
asked = texts + ["totally unknown wordz", "don't you think he'll win? cash-prize txt/txt", "été ÉTÉ ete", "\u0130\u0130 ΣΣ ΑΣ. ΑΣ"]


def text(name, model, y=two):
    model.fit(texts, y)
    save(name, model, model, ["text"], [[t] for t in asked], asked)


text("count_bayes", make_pipeline(CountVectorizer(), MultinomialNB()))
text("count_bernoulli", make_pipeline(CountVectorizer(), BernoulliNB()), labels)
text("count_complement", make_pipeline(CountVectorizer(stop_words=["win", "free", "the"], ngram_range=(1, 2)), ComplementNB()), labels)
text("tfidf_bayes", make_pipeline(TfidfVectorizer(stop_words="english"), MultinomialNB()))
text("apart_descent", make_pipeline(CountVectorizer(ngram_range=(1, 2)), TfidfTransformer(), SGDClassifier(random_state=0)))
text("apart_logistic", make_pipeline(CountVectorizer(ngram_range=(1, 3), stop_words="english", binary=True),
                                     TfidfTransformer(sublinear_tf=True, norm="l1", smooth_idf=False), LogisticRegression()), labels)
text("sublinear_svm", make_pipeline(TfidfVectorizer(max_features=20, sublinear_tf=True, max_df=0.9), LinearSVC()))
text("kernel_sigmoid", make_pipeline(TfidfVectorizer(max_features=40), SVC(kernel="sigmoid", gamma=1.0, probability=True, random_state=0)))
text("kernel_linear", make_pipeline(TfidfVectorizer(max_features=40), SVC(kernel="linear")), labels)
text("char", make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 2)), LogisticRegression()))
text("char_within", make_pipeline(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), max_features=300), LogisticRegression()), labels)
text("union", make_pipeline(FeatureUnion([("w", TfidfVectorizer()), ("c", CountVectorizer(analyzer="char"))]), LogisticRegression()))
text("hashed", make_pipeline(HashingVectorizer(n_features=2**10), SGDClassifier(loss="log_loss", random_state=0)))
text("hashed_weighed", make_pipeline(HashingVectorizer(n_features=2**8, alternate_sign=False, norm=None), TfidfTransformer(), MultinomialNB()))
text("hashed_wide", make_pipeline(HashingVectorizer(), SGDClassifier(random_state=0)))
text("forest", make_pipeline(TfidfVectorizer(), RandomForestClassifier(5, random_state=0)))
text("projected", make_pipeline(TfidfVectorizer(), TruncatedSVD(4, random_state=0), StandardScaler(), LogisticRegression()))
text("selected", make_pipeline(TfidfVectorizer(), SelectKBest(chi2, k=10), MultinomialNB()))
text("scaled", make_pipeline(TfidfVectorizer(), StandardScaler(with_mean=False), LogisticRegression()))
text("scaled_ridge", make_pipeline(CountVectorizer(), MaxAbsScaler(), Ridge()), np.arange(18.0))
text("neighbours", make_pipeline(TfidfVectorizer(), KNeighborsClassifier(3)))
text("calibrated", make_pipeline(TfidfVectorizer(), CalibratedClassifierCV(LinearSVC(), cv=2)))
text("one_rest", make_pipeline(TfidfVectorizer(strip_accents="unicode"), OneVsRestClassifier(LogisticRegression())), labels)
text("ascii", make_pipeline(TfidfVectorizer(strip_accents="ascii", token_pattern=r"\w{1,}"), LogisticRegression()), labels)
text("pattern_choice", make_pipeline(CountVectorizer(token_pattern=r"(?u)\b\w+\b|!|\?|\"|\'"), LogisticRegression()))
text("pattern_letters", make_pipeline(CountVectorizer(token_pattern=r"[a-zA-Z]{3,}", lowercase=False), LogisticRegression()))
text("pattern_dash", make_pipeline(CountVectorizer(token_pattern=r"\b[a-zA-Z][a-zA-Z'-]+\b"), LogisticRegression()))
text("pattern_group", make_pipeline(CountVectorizer(token_pattern=r"(?u)\b(\w\w+)\b"), LogisticRegression()))
text("pattern_space", make_pipeline(CountVectorizer(token_pattern=r"\S+"), LogisticRegression()))
text("given", make_pipeline(CountVectorizer(vocabulary=["win", "cash", "free", "prize", "call"]), LogisticRegression()))
text("single", make_pipeline(TfidfVectorizer(dtype=np.float32), LogisticRegression()))
text("search", GridSearchCV(Pipeline([("t", TfidfVectorizer()), ("c", LogisticRegression())]), {"t__ngram_range": [(1, 1), (1, 2)]}, cv=2))
text("vote", make_pipeline(TfidfVectorizer(), VotingClassifier([("nb", MultinomialNB()), ("lr", LogisticRegression())], voting="soft")))
text("boosted", make_pipeline(TfidfVectorizer(), xgboost.XGBClassifier(n_estimators=4)), np.arange(18) % 2)

alone = TfidfVectorizer(ngram_range=(1, 2)).fit(texts)
save("alone", alone, alone, ["text"], [[t] for t in asked], asked)

# What feeds a model beside it.
bayes = MultinomialNB().fit(alone.transform(texts), two)
for name, kept in (
    ("beside_dict", {"vectorizer": alone, "model": bayes}),
    ("beside_tuple", (bayes, alone)),
    ("beside_labels", {"tfidf": alone, "clf": bayes, "label_encoder": LabelEncoder().fit(two), "metrics": {"accuracy": 0.9}}),
):
    save(name, kept, bayes, ["text"], [[t] for t in asked], alone.transform(asked))
counts, weights = CountVectorizer(), TfidfTransformer()
machine = LinearSVC().fit(weights.fit_transform(counts.fit_transform(texts)), two)
save("beside_three", [counts, weights, machine], machine, ["text"], [[t] for t in asked], weights.transform(counts.transform(asked)))

# A table of texts, numbers and categories.
table = pd.DataFrame({"text": texts, "length": [float(len(t)) for t in texts], "source": ["web", "sms"] * 9})
for name, model, y in (
    ("table", make_pipeline(ColumnTransformer([("t", TfidfVectorizer(), "text"), ("n", StandardScaler(), ["length"]),
                                               ("c", OneHotEncoder(handle_unknown="ignore"), ["source"])]), LogisticRegression()), two),
    ("table_boosted", make_pipeline(ColumnTransformer([("t", make_pipeline(CountVectorizer(), TfidfTransformer()), "text"), ("n", "passthrough", ["length"])]),
                                    GradientBoostingClassifier(n_estimators=4)), two),
    ("table_twice", make_pipeline(ColumnTransformer([("a", TfidfVectorizer(), "text"), ("b", CountVectorizer(analyzer="char"), "text"),
                                                     ("n", MinMaxScaler(), ["length"])]), SGDRegressor(random_state=0)), np.arange(18.0)),
    ("table_filled", make_pipeline(ColumnTransformer([("t", make_pipeline(SimpleImputer(strategy="constant", fill_value=""), FunctionTransformer(np.ravel),
                                                                          TfidfVectorizer()), ["text"])]), LogisticRegression()), two),
):
    model.fit(table, y)
    save(name, model, model, list(table.columns), table.values.tolist(), table)

# Dicts.
draw = np.random.RandomState(0)
rides = [{"PU_DO": f"{draw.randint(1, 60)}_{draw.randint(1, 60)}", "trip_distance": float(np.round(draw.rand() * 20 * (i > 9), 2))} for i in range(2500)]
minutes = np.array([r["trip_distance"] * 2 + i % 3 for i, r in enumerate(rides)])
dv = DictVectorizer()
x = dv.fit_transform(rides)
some = rides[:40] + [{"PU_DO": "999_1", "trip_distance": 3.0}, {"PU_DO": rides[0]["PU_DO"]}]
rows = [[r["PU_DO"], r.get("trip_distance")] for r in some]
line = LinearRegression().fit(x, minutes)
save("dict_line", (dv, line), line, ["PU_DO", "trip_distance"], rows, dv.transform(some))
trees = xgboost.XGBRegressor(n_estimators=4, max_depth=4).fit(x, minutes)
save("dict_boosted", {"dv": dv, "model": trees}, trees, ["PU_DO", "trip_distance"], rows, dv.transform(some))
people = [{"gender": ["f", "m"][i % 2], "senior": i % 5 == 0, "contract": ["month", "one", "two"][i % 3], "tenure": i % 70} for i in range(200)]
leaves = np.array([(i * 7) % 3 == 0 for i in range(200)]).astype(int)
dense = DictVectorizer(sparse=False)
churn = LogisticRegression(solver="liblinear").fit(dense.fit_transform(people), leaves)
save("dict_logistic", (dense, churn), churn, list(people[0]), [list(p.values()) for p in people[:30]], dense.transform(people[:30]))
pipe = make_pipeline(DictVectorizer(), RandomForestRegressor(4, max_depth=5, random_state=0)).fit(people, np.arange(200) % 17)
save("dict_forest", pipe, pipe, list(people[0]), [list(p.values()) for p in people[:30]], people[:30])
