"""Extractors of the user's own: the page's example keeps the contract, and whatever breaks it is named."""

import itertools
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from scoreline.errors import DataError, UnknownNameError, UntrustedError, UsageError
from scoreline.features import UserExtractor, build_features, trusting

PAGE = Path(__file__).parents[2] / "docs" / "encoders.md"
EXAMPLE = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 9, 10, 3), dtype=np.uint8)
NUMBERS = itertools.count()


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module; return its name, which no other test has."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text, name=None):
        name = name or f"extractor_{next(NUMBERS)}"
        path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    return write


def fitted(name, spec):
    with trusting(name):
        return build_features(spec).fit(IMAGES)


class TestTheExample:
    def test_rows_names_and_parameters(self, module):
        name = module(EXAMPLE)
        own = fitted(name, f"{name}:Contrast,grid=3")
        rows = own.transform(IMAGES)
        assert rows.shape == (6, 9) == (6, own.width())
        assert rows.dtype == np.float32
        assert own.get_feature_names_out()[-1] == "cell_2_2"
        np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(own.transform(IMAGES[:1]), rows[:1], rtol=1e-6)

    def test_what_was_learned_comes_back(self, module):
        name = module(EXAMPLE)
        own = fitted(name, f"{name}:Contrast")
        with trusting(name):
            again = build_features(f"{name}:Contrast").restore(IMAGES.shape[1:], own.state())
        np.testing.assert_array_equal(again.transform(IMAGES), own.transform(IMAGES))

    def test_beside_and_within_others(self, module):
        name = module(EXAMPLE, "my_package_of_features.own")
        union = fitted(name, f"{name}:Contrast,grid=2,hue:4")
        assert [part for part, _ in union.parts] == [f"{name}:Contrast,grid=2", "hue:4"]
        assert union.modules() == {name}
        derived = fitted(name, f"products:[mirror:[{name}:Contrast,grid=2,hue:4]],components=2")
        assert derived.modules() == {name}
        assert derived.transform(IMAGES).shape == (6, 4 + 4 + 3 + 3)

    def test_clones_have_learned_nothing(self, module):
        name = module(EXAMPLE)
        copy = clone(fitted(name, f"{name}:Contrast"))
        assert copy.get_params() == {"module": name, "factory": "Contrast", "options": ""}
        assert not hasattr(copy, "inner_")

    def test_the_version_is_that_of_package_and_source(self, module):
        name = module(EXAMPLE)
        before = fitted(name, f"{name}:Contrast").content()
        assert re.search(rf"{name} no package, sha256:[0-9a-f]{{64}}", before)
        Path(sys.modules[name].__file__).write_text(EXAMPLE + "\n# changed\n")
        assert fitted(name, f"{name}:Contrast").content() != before


class TestTrust:
    def test_nothing_is_imported_before_it_is_trusted(self, module):
        name = module("raise RuntimeError('ran')")
        own = build_features(f"{name}:Contrast,grid=2")
        assert own.modules() == {name}
        for work in (
            own.check_available,
            lambda: own.fit(IMAGES),
            lambda: own.restore((9, 10, 3), {}),
            own.content,
        ):
            with pytest.raises(UntrustedError, match=rf"module '{name}'.*--trust {name}"):
                work()
        assert name not in sys.modules

    def test_trust_ends_with_its_context_and_is_for_one_module(self, module):
        name = module(EXAMPLE)
        own = build_features(f"{name}:Contrast")
        with trusting(f"{name}.more", "other"), pytest.raises(UntrustedError):
            own.check_available()
        with trusting(name):
            own.check_available()
        with pytest.raises(UntrustedError):
            own.check_available()


BASE = "from scoreline.features import FeatureExtractor\nimport numpy as np\nclass E(FeatureExtractor):\n"
NAMES = "    def get_feature_names_out(self, input_features=None): return np.array(['a', 'b'], dtype=object)\n"


class TestWhatBreaksTheContract:
    @pytest.mark.parametrize(
        ("text", "place", "problem"),
        [
            ("import not_there_at_all", "E", "ModuleNotFoundError: No module named 'not_there_at_all'"),
            ("1 / 0", "E", r"ZeroDivisionError.*\.py, line 1"),
            ("x = (", "E", "SyntaxError"),
            ("", "E", "AttributeError"),
            ("E = 3", "E", "is no class and no function"),
            ("class E: pass", "E", "object of the class E.*derived from scoreline.features.FeatureExtractor"),
            ("def E(): raise KeyError('x')", "E", "KeyError: 'x'.*line 1"),
            ("def E(size): return size", "E", "TypeError.*size"),
            ("def E(size=3): return size", "E,sizes=3", "no parameter 'sizes'.*size=3"),
            ("def E(size=3): return size", "E,size=x", "size='x'"),
            (BASE + NAMES, "E", "dtype object"),
            (BASE + NAMES + "    def transform(self, X): return X[:, 0, 0]", "E", r"\(1, 3\).*shape \(1, 2\)"),
            (BASE + NAMES + "    def transform(self, X): return np.full((len(X), 2), np.nan)", "E", "not finite"),
            (BASE + NAMES + "    def transform(self, X): return [['a', 'b']] * len(X)", "E", "dtype <U1"),
            (BASE + NAMES + "    def transform(self, X): return X.nothing", "E", "AttributeError.*line 5"),
            (
                BASE
                + NAMES
                + "    def fit(self, X, y=None):\n        self.m = X.mean()\n        return super().fit(X)\n"
                "    def transform(self, X): return np.full((len(X), 2), self.m)",
                "E",
                "AttributeError: 'E' object has no attribute 'm'",
            ),
            (
                BASE + NAMES + "    m = 0\n    def fit(self, X, y=None):\n        self.m = X.mean()\n"
                "        return super().fit(X)\n    def transform(self, X): return np.full((len(X), 2), self.m)",
                "E",
                "other rows once its state",
            ),
            (
                BASE + NAMES + "    def state(self): return {'s': np.array([object()])}\n"
                "    def transform(self, X): return np.zeros((len(X), 2))",
                "E",
                "learned 's', an array of dtype object",
            ),
        ],
    )
    def test_is_named(self, module, text, place, problem):
        name = module(text)
        with pytest.raises(UsageError, match=f"(?s){problem}"):
            fitted(name, f"{name}:{place}")

    def test_other_images_than_fitted(self, module):
        name = module(EXAMPLE)
        with pytest.raises(DataError, match="fitted on"):
            fitted(name, f"{name}:Contrast").transform(IMAGES[:, :5])


class TestSpecs:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("a.b:c", ("a.b", "c", "")),
            ("zzqq:Make,x=[1,2],y=3", ("zzqq", "Make", "x=[1,2],y=3")),
            ("a_b.c_d:E.f", ("a_b.c_d", "E.f", "")),
            ("hog.own:cell", ("hog.own", "cell", "")),
        ],
    )
    def test_modules(self, text, found):
        own = build_features(text)
        assert isinstance(own, UserExtractor)
        assert (own.module, own.factory, own.options) == found

    @pytest.mark.parametrize(
        "text", ["hgo:signed", "zzqq", "zzqq:8", "zzqq:x=3", "zz-qq:x", ".a:b", "a.:b", "a.b:"]
    )
    def test_slips_of_the_pen(self, text):
        with pytest.raises(UnknownNameError):
            build_features(text)

    def test_registered_names_come_first(self):
        assert not isinstance(build_features("two_layers:grid=3"), UserExtractor)
        with pytest.raises(UsageError, match="words"):
            build_features("two_layers:linear").fit(IMAGES)
