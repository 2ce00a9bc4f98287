"""How fast numpy copies 272 MB, in bytes a second: the better of two copies, a line for each line on standard input."""
import sys
import time

import numpy as np

source = np.ones(272_000_000, np.uint8)
target = np.ones_like(source)
for _ in sys.stdin:
    times = []
    for _ in range(2):
        before = time.perf_counter()
        np.copyto(target, source)
        times.append(time.perf_counter() - before)
    print(source.nbytes / min(times), flush=True)
