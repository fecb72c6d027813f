import unittest

import numpy as np

import train


class ModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.train, cls.test, outcome, cls.outcome = train.split(*train.load())
        cls.model = train.pipeline().fit(cls.train, outcome)

    def test_it_is_better_than_the_base_rate(self):
        positive = (self.outcome == "pos").to_numpy()
        at = list(self.model.classes_).index("pos")
        figures = {f["name"]: f for f in train.measure(positive, self.model.predict_proba(self.test)[:, at])}
        rate = positive.mean()
        chance = -(rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
        self.assertLess(figures["log_loss"]["high"], chance)
        self.assertGreater(figures["roc_auc"]["low"], 0.7)

    def test_one_row_is_answered_as_many_are(self):
        many = self.model.predict_proba(self.test.head(20))
        for i in range(20):
            np.testing.assert_allclose(self.model.predict_proba(self.test.iloc[[i]])[0], many[i], rtol=1e-6)

    def test_missing_values_are_answered(self):
        row = self.test.head(1).copy()
        row[["insulin", "triceps"]] = float("nan")
        self.assertTrue(0 < self.model.predict_proba(row)[0, 1] < 1)


if __name__ == "__main__":
    unittest.main()
