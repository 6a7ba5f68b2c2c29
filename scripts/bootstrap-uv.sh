#!/bin/sh
# Puts uv, at the version and hash of requirements.lock, into .uv/ with whatever Python 3.8 or newer is there.
# Prints nothing when it is there already. No argument, no effect outside .uv/.
set -eu
cd "$(dirname "$0")/.."

wanted=$(sed -n 's/^uv==\([^ ;]*\).*/\1/p' requirements.lock)
[ -n "$wanted" ] || { echo "bootstrap-uv: requirements.lock names no uv" >&2; exit 1; }
if [ -x .uv/bin/uv ] && [ "$(.uv/bin/uv --version | cut -d' ' -f2)" = "$wanted" ]; then
    exit 0
fi

# A pyenv shim called `python3` fails where .python-version names a Python that pyenv lacks: so each candidate is tried.
python=
for candidate in python3 python3.13 python3.14 python3.12 python3.11 python3.10 python3.9 python3.8 \
    /usr/bin/python3 /usr/local/bin/python3 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || { echo "bootstrap-uv: no Python 3.8 or newer on PATH" >&2; exit 1; }

echo "setting up uv $wanted in .uv/ with $("$python" --version)"
rm -rf .uv
mkdir .uv
# The lock's own lines for uv, hashes and all.
awk '/^uv==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements.lock >.uv/requirements.txt

if "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 && "$python" -m venv .uv/python >.uv/log 2>&1; then
    .uv/python/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .uv/requirements.txt
    home=../python/bin
elif "$python" -m pip --version >/dev/null 2>&1; then
    # Debian ships Python without venv: pip can still fill a folder.
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes --target .uv/lib -r .uv/requirements.txt
    home=../lib/bin
elif command -v uv >/dev/null 2>&1; then
    mkdir .uv/bin
    ln -s "$(command -v uv)" .uv/bin/uv
    echo "bootstrap-uv: $python has neither venv nor pip; using the uv on PATH, $(uv --version)"
    exit 0
else
    rm -rf .uv
    echo "bootstrap-uv: $python has neither venv nor pip. Install one (Debian, Ubuntu: apt install python3-venv) and repeat." >&2
    exit 1
fi
mkdir .uv/bin
ln -s "$home/uv" .uv/bin/uv
.uv/bin/uv --version >/dev/null
