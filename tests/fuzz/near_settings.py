"""Settings whose lines are right, or nearly, in all the ways in which YAML writes values."""

from tests.fuzz.near_arrays import draw, likely

__all__ = ["near_settings"]

VALUES = {
    "data": ["digits", "./photos", "synthetic:pose=0.3", "~/x"],
    "features": ["hog,hue:bins=16", "mirror:[hog:8,lbp]", "auto",
        "auto,[hog,hue]", "products:[dictionary:20]", "a.b:c"],
    "lam": ["0.001", "auto", "1e-3", "0"], "lr": ["1e-3", "0.1", "~"],
    "loss": ["softmax", "weston-watkins:squared,margin=2"], "penalty": ["l2", "elastic-net:0.5"],
    "solver": ["auto", "exact", "adam:beta1=0.8"], "schedule": ["cosine", "warmup:2,then=[step:5,drop=0.1]"],
    "block_weights": ["1,0.5", "auto"], "memory": ["2GB", "1.5 GiB", "500"], "budget": ["30s", "2m", "none", "90"],
    "seed": ["3", "0x1F", "0b11", "017", "1_000"], "max_epochs": ["10", "null"],
    "standardize": ["true", "no", "auto"], "image_size": ["32", "~"], "class_weight": ["balanced"],
    "refit": ["yes"],
    "notes": ["some words", "'it''s'", '"a\\nb"', "|\n  several\n  lines", ">-\n  folded\n  lines"],
    "licence": ["CC0"], "tol": ["1e-4", ".5"], "prefer": ["fast"], "threads": ["2"], "dropout": ["0.1"],
    "validation": ["0.2"], "augment": ["on"], "batch_size": ["64"], "max_rejected": ["0.5"],
    "early_stopping": ["off"],
}  # fmt: skip
STRANGE = [
    "&a 1", "*a", "!!python/object/apply:os.system [ls]", "!!binary aGk=", "!!timestamp 2001-01-01", "2001-01-01",
    "2001-99-99", "2001-01-01 10:00:00.5+99:99", "1:59:59", "-1:0", "[1, 2]", "{a: 1}", "[[[[1]]]]", ".inf",
    ".nan", "-.INF", "1e999", "9" * 5000, "0x" + "f" * 9000, "1" + ":1" * 900, "'", '"', '"\\x00"', '"\\ud800"',
    '"\\U0011ffff"', "|\n  \x01", "? a", "- 1", "a: b", "%", "@", "`", "\t1", "a\r\nb", "\u2028x", "\ufeff", "=",
    "<<", "mirror:" * 9, "[" * 40 + "]" * 40, "hog," * 900, "1" + " " * 5000 + "x",
]  # fmt: skip
KEYS = [
    "cls",
    "self",
    "more",
    "<<",
    "? data",
    "[a]",
    "1",
    "~",
    "true",
    "'data'",
    "2001-01-01",
    "!!str data",
    "",
    "a" * 900,
    "\u202e",
    "=",
]


def near_settings(rng):
    """Return a file of settings."""
    lines = []
    for _ in range(int(rng.integers(1, 8))):
        key = draw(rng, list(VALUES))
        value = draw(rng, VALUES[key]) if likely(rng, 0.9) else draw(rng, STRANGE)
        lines.append(f"{key if likely(rng, 0.97) else draw(rng, KEYS)}: {value}")
    if likely(rng, 0.1):
        text = "{" + ", ".join(lines) + "}"
    else:
        end = draw(rng, ["\n", "\n", "\r\n", "\n# remark\n", "\n\n", "\n  "] if likely(rng) else ["\n"])
        text = end.join(lines) + "\n"
    if not likely(rng, 0.9):
        text = (
            draw(rng, ["---\n", "%YAML 1.1\n---\n", "--- !!map\n", "...\n", "- ", "\ufeff"])
            + text
            + draw(rng, ["", "---\na: 1\n", "...\n", "\0"])
        )
    return text.encode(draw(rng, ["utf-8"] * 8 + ["utf-16", "latin1"]), "replace")
