import unittest

import numpy as np

import train


class ModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.train, cls.test, outcome, cls.outcome = train.split(*train.load())
        cls.model = train.pipeline().fit(cls.train, outcome)

    def test_it_is_better_than_the_base_rate(self):
        positive = (self.outcome == "bad").to_numpy()
        at = list(self.model.classes_).index("bad")
        figures = {f["name"]: f for f in train.measure(positive, self.model.predict_proba(self.test)[:, at])}
        rate = positive.mean()
        chance = -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
        self.assertLess(figures["log_loss"]["high"], chance)
        self.assertGreater(figures["roc_auc"]["low"], 0.7)

    def test_one_row_is_answered_as_many_are(self):
        many = self.model.predict_proba(self.test.head(20))
        for i in range(20):
            np.testing.assert_allclose(self.model.predict_proba(self.test.iloc[[i]])[0], many[i], rtol=1e-6)

    def test_an_unknown_category_is_none_of_those_known(self):
        row = self.test.head(1).copy()
        row["Home"] = "houseboat"
        hot = np.asarray(self.model[:-1].transform(row))
        names = self.model[:-1].get_feature_names_out()
        home = [i for i, name in enumerate(names) if name.startswith("categories__Home_")]
        self.assertEqual(float(np.abs(hot[:, home]).sum()), 0)


if __name__ == "__main__":
    unittest.main()
