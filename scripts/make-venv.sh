#!/bin/sh
# Makes .venv with the Python of .python-version; else with any 3.12 to 3.14 there is; else uv fetches one.
# Leaves a working .venv alone.
set -eu
cd "$(dirname "$0")/.."
uv=.uv/bin/uv
fits='import sys; sys.exit(not (3, 12) <= sys.version_info[:2] < (3, 15))'

if [ -x .venv/bin/python ] && .venv/bin/python -c "$fits" >/dev/null 2>&1; then
    exit 0
fi
wanted=$(cat .python-version)
python=$("$uv" python find --no-project --system --no-python-downloads "$wanted" 2>/dev/null) ||
    python=$("$uv" python find --no-project --system --no-python-downloads '>=3.12,<3.15' 2>/dev/null) ||
    python=$wanted
"$uv" venv --quiet --clear --no-project --python "$python" .venv
echo "made .venv with $(.venv/bin/python --version)"
