"""Makes large.json: counts and sums of what strax 2.2.3 gives for the 1,115,803 records that it was measured on.

  NUMBA_CACHE_DIR=/tmp/numba PYTHONPATH=STRAX /usr/bin/python3 make_large.py FOLDER > large.json

FOLDER holds raw_records.bin and raw_records.json. Settings are those of the benchmark; chunk by chunk, as strax works.
"""
import json
import sys

import numpy as np
import strax

FOLDER = sys.argv[1]
meta = json.load(open(f"{FOLDER}/raw_records.json"))
raw = np.fromfile(f"{FOLDER}/raw_records.bin", dtype=strax.raw_record_dtype(110))
NCH = meta["n_channels"]
TO_PE = np.full(NCH, 0.01)
sums = {}


def add(name, value):
    sums[name] = sums.get(name, 0) + float(value)


for chunk in meta["chunks"]:
    records = strax.raw_to_records(raw[chunk["offset"]:chunk["offset"] + chunk["n"]])
    strax.baseline(records, flip=True)
    strax.zero_out_of_bounds(records)
    strax.integrate(records)
    hits = strax.sort_by_time(strax.find_hits(records, min_amplitude=15))
    hits["left_integration"], hits["right_integration"] = hits["left"], hits["right"]
    peaks = strax.find_peaks(hits, TO_PE, gap_threshold=700, left_extension=50, right_extension=200, min_channels=3,
                             result_dtype=strax.peak_dtype(NCH))
    strax.sum_waveform(peaks, hits, records, strax.record_links(records), TO_PE)
    strax.compute_properties(peaks, n_top_channels=253)
    for name in ("median_time", "center_time"):
        add(f"peaks {name}", (peaks[name] - (peaks["time"] if name == "center_time" else 0)).astype(float).sum())
    add("peaks width_50", peaks["width"][:, 5].astype(float).sum())
    add("peaks area_fraction_top", peaks["area_fraction_top"].astype(float).sum())
    add("peaks n_hits", peaks["n_hits"].sum())

    in_peak = np.zeros(len(hits), bool)
    for (a, b), peak in zip(strax.touching_windows(hits, peaks), peaks):
        in_peak[a:b] |= strax.endtime(hits[a:b]) > peak["time"]
    lone = hits[~in_peak]
    add("lone_hits n", len(lone))
    add("lone_hits area", lone["area"].astype(float).sum())
    strax.integrate_lone_hits(lone, records, peaks, (30, 200), NCH)
    add("lone_hit_areas integral", lone["area"].astype(float).sum())
    add("lone_hit_areas left", lone["left_integration"].astype(int).sum())
    add("lone_hit_areas right", lone["right_integration"].astype(int).sum())

    reduced = strax.cut_outside_hits(records, hits, 2, 15)
    add("reduced_records data", reduced["data"].astype(int).sum())

    hitlets = strax.create_hitlets_from_hits(hits, (3, 4), (0, NCH - 1))
    hitlets = strax.get_hitlets_data(hitlets, records, TO_PE)
    strax.hitlet_properties(hitlets)
    add("hitlets n", len(hitlets))
    for name in ("length", "area", "amplitude", "time_amplitude"):
        add(f"hitlets {name}", hitlets[name].astype(float).sum())
    # Where the area is close to 0, its quantiles are what rounding makes of them.
    large = hitlets[hitlets["area"] > 0.1]
    for name in ("left_area", "range_80p_area"):
        add(f"hitlets {name}", large[name].astype(float).sum())
print(json.dumps({name: float(f"{value:.9g}") for name, value in sums.items()}, indent=1))
