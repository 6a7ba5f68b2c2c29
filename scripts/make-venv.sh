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

# pyenv's shims answer only for the versions it is told to use: look at what it has, too.
searched=$PATH
for folder in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[234]*/bin; do
    [ -d "$folder" ] && searched=$searched:$folder
done
find_python() {
    PATH=$searched "$uv" python find --no-project --system --no-python-downloads "$1" 2>/dev/null
}

wanted=$(cat .python-version)
python=$(find_python "$wanted") || python=$(find_python '>=3.12,<3.15') || python=$wanted
"$uv" venv --quiet --clear --no-project --python "$python" .venv
echo "made .venv with $(.venv/bin/python --version)"
