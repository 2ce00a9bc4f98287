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
run = np.tile(ints, (5, 1))
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
    base = run[:, :40].mean(axis=1)
    part = run[:, 40:90]
    low = part.min(axis=1)
    return (base - low, part.max(axis=1) - low, width * base - run.sum(axis=1),
            np.abs(np.diff(run, axis=1)).max(axis=1))


def savgol():
    return signal.savgol_filter(singles, 11, 2, axis=-1, mode="interp")


def filtfilt():
    return signal.sosfiltfilt(sos, doubles, axis=-1)


def findPeaks():
    return [signal.find_peaks(trace, prominence=25, width=3) for trace in traces]


try:
    import numba
except ImportError:
    numba = None


def compiled(function):
    """Compiled by numba, ahead of the first measurement."""
    return numba.njit(function, nogil=True) if numba else None


def loopFeatures(x, out):
    for row in range(x.shape[0]):
        total = 0.0
        squares = 0.0
        for k in range(40):
            total += x[row, k]
            squares += float(x[row, k]) * x[row, k]
        base = total / 40
        low, high, lowAt, highAt, area = x[row, 0], x[row, 0], 0, 0, 0
        for k in range(x.shape[1]):
            sample = x[row, k]
            area += sample
            if sample < low:
                low, lowAt = sample, k
            if sample > high:
                high, highAt = sample, k
        out[row, 0] = base
        out[row, 1] = np.sqrt(max(0.0, squares / 40 - base * base))
        out[row, 2] = low
        out[row, 3] = high
        out[row, 4] = lowAt
        out[row, 5] = highAt
        out[row, 6] = x.shape[1] * base - area


def loopHits(x, baseline, threshold, out):
    found = 0
    for row in range(x.shape[0]):
        k = 0
        while k < x.shape[1]:
            if baseline - x[row, k] < threshold:
                k += 1
                continue
            start, height, total, top = k, 0.0, 0.0, k
            while k < x.shape[1] and baseline - x[row, k] >= threshold:
                signal_ = baseline - x[row, k]
                total += signal_
                if signal_ > height:
                    height, top = signal_, k
                k += 1
            out[found, 0] = start
            out[found, 1] = k
            out[found, 2] = top
            out[found, 3] = height
            out[found, 4] = total
            found += 1
    return found


fastFeatures, fastHits = compiled(loopFeatures), compiled(loopHits)
room = np.empty((len(waves), 7))
hitRoom = np.empty((len(waves) * 20, 5))


def numbaFeatures():
    fastFeatures(waves, room)


def numbaHits():
    return fastHits(waves, 14000.0, 30.0, hitRoom)


ways = {f.__name__: f for f in (features, plainFeatures, recordFeatures, savgol, filtfilt, findPeaks, numbaFeatures, numbaHits)}

for line in sys.stdin:
    command, _, argument = line.strip().partition(" ")
    if command == "versions":
        answer = {"python": sys.version.split()[0], "numpy": np.__version__, "scipy": scipy.__version__}
        if numba:
            answer["numba"] = numba.__version__
    elif command == "peaks":
        answer = [peaks.tolist() for peaks, _ in findPeaks()]
    elif command == "hits":
        answer = int(numbaHits())
    elif command == "sums":
        answer = [float(np.sum(column)) for column in ways[argument]()]
    else:
        before = time.perf_counter()
        ways[command]()
        answer = (time.perf_counter() - before) * 1e3
    print(json.dumps(answer), flush=True)
