"""The child process of a handle: ``python -m nettools.testnet '{"seed": 7}'``."""

import json
import sys

from nettools.errors import InvalidInput, NettoolsError
from nettools.testnet.serving import serve


def _main() -> int:
    try:
        serve(**json.loads(sys.argv[1]), announce=True)
    except NettoolsError as error:
        said = {"error": str(error), "is_input": isinstance(error, InvalidInput)}
        sys.stdout.write(json.dumps(said) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
