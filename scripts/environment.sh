# Makes the project's own virtual environment in .venv and installs scoreline into it; sourced by the other scripts.
# The caller sets `extra` to "" or "[dev]" first.
# Nothing is installed again while pyproject.toml stays as it is.

cd "$(dirname "$0")/.." || exit 1
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "scoreline needs Python 3.11 or newer; $python is $("$python" --version 2>&1). Set PYTHON to another one." >&2
    exit 2
}
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear .venv || {
        echo "Python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 2
    }
fi
stamp=".venv/installed-$("$python" -c 'import hashlib, sys
print(hashlib.sha256(open("pyproject.toml", "rb").read() + sys.argv[1].encode()).hexdigest()[:16])' "$extra")"
if [ ! -e "$stamp" ]; then
    echo "Installing scoreline$extra into .venv (once; a minute or two) ..." >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".$extra" || exit 1
    touch "$stamp"
fi
