"""What the kernels are measured against: numpy and scipy, one core.

Reads unsigned 16-bit samples [rows, width] from a file; then a command a line on standard input, an answer in JSON a line.
"""
import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import scipy
from scipy import signal

path, width, some, few = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
waves = np.fromfile(path, dtype="<u2").reshape(-1, width)
# Each peer gets the samples as the type that it is fastest with.
ints = waves.astype(np.int16)
singles = waves[:some].astype(np.float32)
doubles = waves[:some].astype(np.float64)
traces = -waves[:few].astype(np.float64)
sos = signal.butter(4, [0.02, 0.2], "band", output="sos")


def features():
    base = ints[:, :40].mean(axis=1)
    return (base, ints[:, :40].std(axis=1), ints.min(axis=1), ints.max(axis=1), ints.argmin(axis=1),
            ints.argmax(axis=1), width * base - ints.sum(axis=1))


def plainFeatures():
    base = ints[:, :40].mean(axis=1)
    return (base, ints.min(axis=1), ints.argmin(axis=1), ints[:, 40:90].max(axis=1), width * base - ints.sum(axis=1))


def recordFeatures():
    base = ints[:, :40].mean(axis=1)
    part = ints[:, 40:90]
    low = part.min(axis=1)
    return (base - low, part.max(axis=1) - low, width * base - ints.sum(axis=1),
            np.abs(np.diff(ints, axis=1)).max(axis=1))


def savgol():
    return signal.savgol_filter(singles, 11, 2, axis=-1, mode="interp")


def filtfilt():
    return signal.sosfiltfilt(sos, doubles, axis=-1)


def findPeaks():
    return [signal.find_peaks(trace, prominence=25, width=3) for trace in traces]


ways = {f.__name__: f for f in (features, plainFeatures, recordFeatures, savgol, filtfilt, findPeaks)}

for line in sys.stdin:
    command, _, argument = line.strip().partition(" ")
    if command == "versions":
        answer = {"python": sys.version.split()[0], "numpy": np.__version__, "scipy": scipy.__version__}
    elif command == "peaks":
        answer = [peaks.tolist() for peaks, _ in findPeaks()]
    elif command == "sums":
        answer = [float(np.sum(column)) for column in ways[argument]()]
    else:
        before = time.perf_counter()
        ways[command]()
        answer = (time.perf_counter() - before) * 1e3
    print(json.dumps(answer), flush=True)
