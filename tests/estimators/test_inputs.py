"""Rows and labels that cannot be used: what is wrong, and the code that mends it."""

import datetime
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from scoreline import LinearClassifier, LinearClassifierCV
from scoreline.errors import DataError, UsageError

RNG = np.random.default_rng(0)
Y = np.arange(60) % 3
X = RNG.normal(size=(60, 5)) + 2 * np.eye(3, 5)[Y]


class TestAxes:
    @pytest.mark.parametrize(
        "images", [np.zeros((60, 4, 5, 3)), np.zeros((60, 4, 5)), list(np.zeros((60, 4, 5, 3)))]
    )
    @pytest.mark.parametrize("estimator", [LinearClassifier(), LinearClassifierCV()])
    def test_images(self, images, estimator):
        flat = np.asarray(images).reshape(60, -1).shape
        with pytest.raises(
            DataError, match=rf"axes.*X\.reshape\(len\(X\), -1\), of shape \({flat[0]}, {flat[1]}\)"
        ):
            estimator.fit(images, Y)

    def test_the_code_it_names_works(self):
        from scoreline.features import build_features

        images = RNG.integers(0, 255, (60, 16, 16, 3), dtype=np.uint8)
        LinearClassifier(standardize=True).fit(images.reshape(len(images), -1), Y)
        LinearClassifier().fit(build_features("hog").fit_transform(images), Y)
        grey = images[..., 0]
        with pytest.raises(DataError, match=r"fit_transform\(X\[..., None\]\)"):
            LinearClassifier().fit(grey, Y)
        LinearClassifier().fit(build_features("hog").fit_transform(grey[..., None]), Y)

    def test_images_to_predict(self):
        with pytest.raises(DataError, match="3 axes"):
            LinearClassifier().fit(X, Y).predict(np.zeros((2, 1, 5)))

    @pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array, sparse.lil_array])
    def test_sparse_rows(self, kind):
        few = np.where(np.abs(X) > 1, X, 0)
        dense = LinearClassifier(standardize=True).fit(few, Y)
        thin = LinearClassifier(standardize=True).fit(kind(few), Y)
        np.testing.assert_allclose(thin.coef_, dense.coef_, rtol=1e-6)
        np.testing.assert_allclose(thin.intercept_, dense.intercept_, rtol=1e-6)
        np.testing.assert_allclose(dense.decision_function(kind(few)), dense.decision_function(few), rtol=1e-9)


class TestColumns:
    @pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
    def test_text(self, frame):
        table = frame({"size": X[:, 0], "colour": ["red", "green", "blue"] * 20})
        with pytest.raises(DataError, match="Column 'colour' of X holds text, such as 'red'.*OneHotEncoder"):
            LinearClassifier().fit(table, Y)
        model = LinearClassifier().fit(frame({"size": X[:, 0], "colour": X[:, 1]}), Y)
        with pytest.raises(DataError, match="Column 'colour'"):
            model.predict(table)

    def test_text_in_arrays(self):
        table = X.astype(object)
        table[7, 3] = "n/a"
        with pytest.raises(DataError, match="Column 3 of X holds text, such as 'n/a'"):
            LinearClassifier().fit(table, Y)

    def test_categories_and_dates(self):
        table = pd.DataFrame({"a": X[:, 0], "kind": pd.Categorical(["p", "q", "r"] * 20)})
        with pytest.raises(DataError, match="Column 'kind'"):
            LinearClassifier().fit(table, Y)
        table = pd.DataFrame({"a": X[:, 0], "when": [datetime.date(2020, 1, 1)] * 60})
        with pytest.raises(DataError, match="Column 'when' of X holds a date"):
            LinearClassifier().fit(table, Y)

    def test_numbers_as_text_and_as_objects_are_numbers(self):
        plain = LinearClassifier().fit(X, Y).coef_
        np.testing.assert_array_equal(LinearClassifier().fit(X.astype(object), Y).coef_, plain)
        np.testing.assert_array_equal(LinearClassifier().fit(X.astype(str), Y).coef_, plain)


class TestLabels:
    @pytest.mark.parametrize(
        "classes",
        [
            [True, False, True],
            ["cat", "dog", "emu"],
            [-1.0, 1.0, 3.0],
            [2**62, 2**62 + 1, 2**62 + 2],
            np.array([3, 1, 2], np.uint8),
            np.array(["cat", "dog", "emu"], object),
            np.array(["2020-01-01", "2021-01-01", "2022-01-01"], "M8[D]"),
        ],
        ids=str,
    )
    def test_of_every_type_come_back(self, classes):
        y = np.asarray(classes)[Y]
        model = LinearClassifier().fit(X, y)
        assert model.classes_.dtype == y.dtype
        assert set(model.classes_.tolist()) == set(y.tolist())
        assert model.predict(X).dtype == y.dtype
        assert np.mean(model.predict(X) == y) > 0.7

    @pytest.mark.parametrize(
        "series", [pd.Series, pd.Categorical, pl.Series, list, lambda y: pd.Series(y, dtype="string")]
    )
    def test_in_every_container(self, series):
        names = np.array(["cat", "dog", "emu"])[Y]
        model = LinearClassifier().fit(X, series(names.tolist()))
        assert model.classes_.tolist() == ["cat", "dog", "emu"]
        assert np.mean(model.predict(X) == names) > 0.8

    def test_bytes(self):
        names = np.array([b"cat", b"dog", b"emu"])[Y]
        for given in (names, names.astype(object)):
            with pytest.raises(DataError, match=r"bytes, such as b'cat'.*numpy\.char\.decode"):
                LinearClassifier().fit(X, given)
            LinearClassifier().fit(X, np.char.decode(given.astype(bytes)))

    @pytest.mark.parametrize("numbers", [[4, 5, 6], [4, 5.0, 6], [np.int8(4), 5, True]])
    def test_numbers_as_objects_are_numbers(self, numbers):
        model = LinearClassifier().fit(X, np.array(numbers, object)[Y])
        assert model.classes_.dtype == np.asarray(numbers).dtype
        assert model.classes_.tolist() == sorted(numbers)

    def test_one_hot(self):
        with pytest.raises(DataError, match=r"two axes, shape \(60, 3\).*y\.argmax\(axis=1\)"):
            LinearClassifier().fit(X, np.eye(3)[Y])

    def test_of_several_types(self):
        with pytest.raises(DataError, match="several types: number, str"):
            LinearClassifier().fit(X, np.array([1, "a", 2.0], object)[Y])

    @pytest.mark.parametrize("nothing", [None, np.nan, pd.NA, pd.NaT])
    def test_missing(self, nothing):
        y = np.array(["a", "b", "c"], object)[Y]
        y[4] = nothing
        with pytest.raises(DataError, match=r"label of row 4 is missing.*pandas\.notna"):
            LinearClassifier().fit(X, y)

    def test_missing_among_numbers(self):
        with pytest.raises(ValueError, match="y contains NaN"):
            LinearClassifier().fit(X, np.where(Y == 0, np.nan, Y))

    def test_measurements(self):
        with pytest.raises(DataError, match=r"fractions, such as 0\.5.*digitize"):
            LinearClassifier().fit(X, Y + 0.5)

    def test_held_out_labels(self):
        with pytest.raises(DataError, match="The label 7 is not among the classes"):
            LinearClassifier().fit(X, Y, validation=(X, np.full(60, 7)))
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            LinearClassifier().fit(X, Y, validation=(X, Y[:5]))


class TestClassWeight:
    @pytest.mark.parametrize("estimator", [LinearClassifier, LinearClassifierCV])
    def test_misspelt(self, estimator):
        with pytest.raises(ValueError, match="'class_weight' parameter.*'balanced'.*'balance'"):
            estimator(class_weight="balance").fit(X, Y)

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ({"0": 2}, "class_weight names '0', and there is no such class. Allowed: the classes 0, 1, 2"),
            ({0: 1, 1: 2, 5: 3}, "names 5"),
            ({0: -1}, "gives 0 the weight -1"),
            ({1: np.nan}, "gives 1 the weight nan"),
            ({1: "2"}, "gives 1 the weight '2'"),
            ({1: None}, "gives 1 the weight None"),
            ({1: np.inf}, "gives 1 the weight inf"),
        ],
    )
    def test_wrong(self, weights, message):
        with pytest.raises(UsageError, match=message):
            LinearClassifier(class_weight=weights).fit(X, Y)

    @pytest.mark.parametrize("weights", [{0: 0, 1: 0, 2: 0}, {0: 0, 1: 0}])
    def test_one_class_left(self, weights):
        with pytest.raises(DataError, match="No row has a weight|only one class with a weight above 0, 2"):
            LinearClassifier(class_weight=weights).fit(X, Y)

    def test_classes_that_are_not_named_have_1_and_more_names_do_no_harm(self):
        by_name = LinearClassifier(class_weight={1: 2.0}).fit(X, Y)
        whole = LinearClassifier(class_weight={0: 1, 1: 2.0, 2: np.float32(1), 3: 9}).fit(X, Y)
        by_row = LinearClassifier().fit(X, Y, np.where(Y == 1, 2.0, 1.0))
        np.testing.assert_allclose(by_name.coef_, by_row.coef_)
        np.testing.assert_allclose(by_name.coef_, whole.coef_)

    def test_text(self):
        names = np.array(["cat", "dog", "emu"])[Y]
        weighted = LinearClassifier(class_weight={"dog": 3}).fit(X, names)
        np.testing.assert_array_equal(weighted.coef_, LinearClassifier(class_weight={1: 3}).fit(X, Y).coef_)


class TestSampleWeight:
    @pytest.mark.parametrize(
        ("weight", "message"),
        [
            (np.full(60, np.nan), "NaN"),
            (-np.ones(60), "Negative"),
            (np.ones(59), "shape"),
            (np.ones((60, 1)), "1D"),
            (np.full(60, np.inf), "infinity"),
            (np.zeros(60), "non-zero"),
            ((Y == 1).astype(float), "only one class with a weight above 0, 1"),
        ],
    )
    def test_wrong(self, weight, message):
        with pytest.raises(ValueError, match=message):
            LinearClassifier().fit(X, Y, weight)

    @pytest.mark.parametrize("scale", [1e-150, 1e150])
    def test_only_ratios_count(self, scale):
        weight = RNG.uniform(0.5, 2, 60)
        np.testing.assert_allclose(
            LinearClassifier(tol=1e-12).fit(X, Y, scale * weight).coef_,
            LinearClassifier(tol=1e-12).fit(X, Y, weight).coef_,
            atol=1e-6,
        )


@pytest.mark.parametrize("solver", ["exact", "momentum"])
class TestLayouts:
    """However the same numbers lie in memory, the weights are the same."""

    def check(self, given, solver, dtype=np.float64):
        settings = {"solver": solver, "max_epochs": 200, "random_state": 0}
        expected = LinearClassifier(**settings).fit(np.ascontiguousarray(given, dtype=dtype), Y)
        model = LinearClassifier(**settings).fit(given, Y)
        np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-5)
        np.testing.assert_array_equal(model.predict(given), expected.predict(given))

    def test_read_only(self, solver):
        given = X.copy()
        given.flags.writeable = False
        self.check(given, solver)

    def test_columns_first_strides_and_reversed(self, solver):
        self.check(np.asfortranarray(X), solver)
        self.check(np.repeat(X, 2, axis=1)[:, ::2], solver)
        self.check(X[:, ::-1], solver)

    @pytest.mark.parametrize("dtype", [">f8", ">f4", ">i2", ">u2", ">i8"])
    def test_the_other_byte_order(self, solver, dtype):
        self.check(np.rint(10 * X + 40).astype(dtype), solver)

    @pytest.mark.parametrize("dtype", [bool, np.longdouble, np.float16, np.int64, np.uint64])
    def test_numbers(self, solver, dtype):
        self.check(np.rint(10 * X + 40).astype(dtype), solver)

    def test_integers_beyond_the_digits_of_a_float(self, solver):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = LinearClassifier(solver=solver, standardize=True, random_state=0)
            model.fit(2**60 + np.rint(X * 2**40).astype(np.int64), Y)
        assert np.isfinite(model.coef_).all()
