"""`python -m golden`: write the journal of this release, which every later one replays."""

import sys
from importlib.metadata import version

from golden.journals import releases, write
from golden.story import lived

if __name__ == "__main__":
    release = version("livexec")
    desk = lived()
    write(release, desk.entries)
    kinds = {type(entry.fact).__name__ for entry in desk.entries}
    sys.stdout.write(
        f"{release}: {len(desk.entries)} entries of {len(kinds)} kinds; all there are: {', '.join(releases())}\n"
    )
