import sys

import uvloop

from double.arguments import parse
from double.knobs import Knobs
from double.server import run

if __name__ == "__main__":
    uvloop.run(run(parse(sys.argv[1:]), Knobs.of_environment()))
