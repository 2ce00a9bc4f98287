"""Makes strax.json: what strax 2.2.3 (AxFoundation/strax at 32376703) gives for some simulated pulses.

Needs a strax checkout and Debian's python3-numpy, python3-numba (1.24.2, 0.56.4) and what strax imports:
  NUMBA_CACHE_DIR=/tmp/numba PYTHONPATH=STRAX /usr/bin/python3 make_goldens.py > strax.json
cut_baseline does not compile with that numba: its Python function is run without it.
"""
import json

import numpy as np
import strax

rng = np.random.default_rng(20260707)
SPR, DT, NCH = 16, 10, 4
TO_PE = np.array([0.01, 0.02, 0.5, 0.015])

# Pulses: groups of some channels at once (peaks), single ones (lone hits), pairs close to each other.
pulses, free = [], np.zeros(NCH, np.int64)


def pulse(time, ch, signals, length, saturate=False):
    time = max(int(time), int(free[ch]))
    base = 2000 + 0.3 * ch + rng.uniform(0, 1)
    x = base + rng.normal(0, 1.5, length)
    for at, amp, tau in signals:
        k = np.arange(length) - at
        x -= amp * np.where(k >= 0, np.exp(-k / tau), np.exp(k / 0.7))
    x = np.round(x)
    if saturate:
        x[signals[0][0]:signals[0][0] + 3] = 0
    pulses.append((time, ch, np.clip(x, 0, 32767).astype(int)))
    free[ch] = time + (-(-length // SPR) * SPR + 25) * DT


t = 1000
for k in range(14):
    n = int(rng.integers(2, NCH + 1))
    for j, ch in enumerate(rng.permutation(NCH)[:n]):
        length = int(rng.integers(24, 70))
        signals = [(int(rng.integers(12, length - 3)), rng.exponential(120) + 25, rng.uniform(1, 4))
                   for _ in range(int(rng.integers(1, 4)))]
        pulse(t + int(rng.integers(0, 12)) * DT, ch, signals, length, saturate=k == 5 and j == 0)
    t += int(rng.integers(90, 160)) * DT
    if rng.random() < 0.7:  # lone pulses, some with two hits close to each other
        ch = int(rng.integers(0, NCH))
        a = int(rng.integers(12, 15))
        pulse(t, ch, [(a, 60, 0.8), (a + int(rng.integers(5, 9)), 50, 0.8)], 30)
        t += int(rng.integers(70, 120)) * DT

rows = []
for time, ch, x in pulses:
    for i in range(-(-len(x) // SPR)):
        rows.append((time + i * SPR * DT, ch, len(x), i, x[i * SPR:(i + 1) * SPR]))
rows.sort(key=lambda r: (r[0], r[1]))
raw = np.zeros(len(rows), strax.raw_record_dtype(SPR))
for r, (time, ch, n, i, x) in zip(raw, rows):
    r["time"], r["channel"], r["pulse_length"], r["record_i"], r["dt"] = time, ch, n, i, DT
    r["length"] = len(x)
    r["data"][:len(x)] = x


def columns(a, names):
    def plain(x):
        if np.issubdtype(x.dtype, np.floating):
            return [float(f"{v:.7g}") if np.isfinite(v) else None for v in x.ravel()]
        return x.ravel().tolist()
    return {n: [plain(row) for row in a[n]] if a[n].ndim > 1 else plain(a[n]) for n in names}


def used(a, name="data"):
    return [[float(f"{v:.7g}") for v in x[name][:x["length"]]] for x in a]


out = dict(made_by="make_goldens.py", strax=strax.__version__, samples=SPR, dt_ns=DT, to_pe=TO_PE.tolist())
out["raw_records"] = {**columns(raw, ["time", "channel", "length", "pulse_length", "record_i"]),
                      "data": [r["data"][:r["length"]].tolist() for r in raw]}

records = strax.raw_to_records(raw)
strax.baseline(records, baseline_samples=10, flip=True)
strax.zero_out_of_bounds(records)
strax.integrate(records)
out["records"] = columns(records, ["baseline", "baseline_rms", "area", "data"])



class Row:
    """A record whose fields are attributes too, as numba has them."""

    def __init__(self, row):
        object.__setattr__(self, "row", row)

    def __getattr__(self, name):
        return self.row[name]

    def __getitem__(self, name):
        return self.row[name]

    def __setitem__(self, name, value):
        self.row[name] = value


cut = records.copy()
strax.cut_baseline.py_func([Row(r) for r in cut], n_before=7, n_after=5)
out["cut_baseline"] = columns(cut, ["data", "reduction_level"])

hits = strax.sort_by_time(strax.find_hits(records, min_amplitude=15))
# record_i is the number of the record in the chunk here
out["hits"] = columns(hits, ["time", "length", "channel", "area", "left", "right", "threshold", "height", "max_time"])
out["cut_outside_hits"] = columns(strax.cut_outside_hits(records, hits, 2, 5), ["data", "reduction_level"])
taps = np.array([0.1, 0.5, 0.3, 0.05, 0.05])
# filter_records, which cuts off the fractions of what filter_waveforms gives for data and the baseline's fraction, would hide them
filtered = strax.filter_waveforms(records["data"].astype(np.float64), taps / taps.sum(), *strax.record_links(records))
out["filter_waveforms"] = dict(taps=taps.tolist(), data=[[float(f"{v:.7g}") for v in x] for x in filtered])

GAP, LEFT, RIGHT, TOP = 300, 20, 150, 2
links = strax.record_links(records)
bounded = hits.copy()
bounded["left_integration"], bounded["right_integration"] = hits["left"], hits["right"]
PEAK = ["time", "dt", "length", "channel", "n_hits", "area", "area_per_channel", "area_fraction_top", "center_time",
        "median_time", "width", "area_decile_from_midpoint", "saturated_channel", "n_saturated_channels", "max_gap"]


def peak_columns(p):
    return {**columns(p, PEAK), "data": used(p)}


peaks = strax.find_peaks(hits, TO_PE, gap_threshold=GAP, left_extension=LEFT, right_extension=RIGHT, min_channels=2,
                         result_dtype=strax.peak_dtype(NCH))
strax.sum_waveform(peaks, bounded, records, links, TO_PE)
strax.compute_properties(peaks, n_top_channels=TOP)
out["peaks"] = peak_columns(peaks)
local = strax.split_peaks(peaks, bounded, records, links, TO_PE, algorithm="local_minimum", n_top_channels=TOP,
                          min_height=0.2, min_ratio=1.5)
out["split_local_minimum"] = peak_columns(local)
gof = peaks.copy()
strax.split_peaks(gof, bounded, records, links, TO_PE, algorithm="natural_breaks", n_top_channels=TOP,
                  threshold=lambda p: np.full(len(p), 2.0), split_low=False, filter_wing_width=0)
out["goodness_of_split"] = columns(gof, ["max_goodness_of_split"])

# What lies beside the sum: the top array, the first samples, times between the maxima of hits, all that the records have.
beside = peaks.copy()
strax.sum_waveform(beside, bounded, records, links, TO_PE, n_top_channels=TOP, store_data_top=True, store_data_start=True)
apexes = []
for inside in strax.split_by_containment(hits, peaks):
    diff = np.diff(np.sort(inside["max_time"]))
    apexes.append([int(diff.min()), int(diff.max())] if len(diff) else None)
simple = peaks.copy()
simple["data"] = 0
strax.simple_summed_waveform(records, simple, TO_PE)
out["beside_peaks"] = dict(data_top=used(beside, "data_top"), data_start=used(beside, "data_start"), hit_times=apexes,
                           record_data=used(simple))

# The same peaks of few samples, so that they are sampled down.
FEW = 8
few = strax.find_peaks(hits, TO_PE, gap_threshold=GAP, left_extension=LEFT, right_extension=RIGHT, min_channels=2,
                       result_dtype=strax.peak_dtype(NCH, n_sum_wv_samples=FEW))
fewer_simple = few.copy()
strax.sum_waveform(few, bounded, records, links, TO_PE, n_top_channels=TOP, store_data_top=True, store_data_start=True)
strax.simple_summed_waveform(records, fewer_simple, TO_PE)
out["few_samples"] = dict(samples=FEW, **columns(few, ["dt", "length"]), data_top=used(few, "data_top"),
                          record_data=used(fewer_simple))

# Peaks summed with what is around their hits, as the peaklets of strax's experiments are.
AROUND = (20, 120)
around = hits[strax.fully_contained_in(hits, peaks) != -1]
outside = np.zeros(len(peaks) + 1, strax.time_fields)
outside["endtime"][:-1], outside["endtime"][-1] = peaks["time"], 2**60
outside["time"][1:] = strax.endtime(peaks)
strax.find_hit_integration_bounds(around, outside, records, AROUND, NCH, allow_bounds_beyond_records=True)
around["time"] -= (around["left"] - around["left_integration"]) * around["dt"]
around["length"] = around["right_integration"] - around["left_integration"]
around = strax.sort_by_time(around)
wide = strax.find_peaks(hits, TO_PE, gap_threshold=GAP, left_extension=LEFT, right_extension=RIGHT, min_channels=2,
                        result_dtype=strax.peak_dtype(NCH))
strax.sum_waveform(wide, around, records, links, TO_PE, n_top_channels=TOP, store_data_top=True)
strax.compute_properties(wide, n_top_channels=TOP)
out["extended_peaks"] = {**peak_columns(wide), "data_top": used(wide, "data_top")}

# Attenuated channels.
SHIFT = np.array([0, 1, 2, 0])
attenuated = records.copy()
attenuated["amplitude_bit_shift"] = SHIFT[attenuated["channel"]]
strax.integrate(attenuated)
shifted = peaks.copy()
strax.sum_waveform(shifted, bounded, attenuated, links, TO_PE)
strax.compute_properties(shifted, n_top_channels=TOP)
out["amplitude_bit_shift"] = dict(shift=SHIFT.tolist(), record_area=attenuated["area"].tolist(), peaks=peak_columns(shifted))

# Merging: groups of peaks less than MERGE ns apart, then lone hits that the merged peaks contain.
MERGE = 1600
starts, ends = [0], []
for i in range(1, len(peaks)):
    if peaks["time"][i] - strax.endtime(peaks)[i - 1] >= MERGE:
        ends.append(i)
        starts.append(i)
ends.append(len(peaks))
groups = [(a, b) for a, b in zip(starts, ends) if b > a + 1]
merged = strax.merge_peaks(peaks, np.array([a for a, _ in groups]), np.array([b for _, b in groups]))
merged["type"] = 1
whole = strax.replace_merged(peaks, merged)
strax.compute_properties(whole, n_top_channels=TOP)
out["merge_peaks"] = {**peak_columns(whole), "is_merged": whole["type"].tolist()}

lone = hits[strax.fully_contained_in(hits, peaks) == -1]
SAVE = (30, 60)
bounds = lone.copy()
strax.integrate_lone_hits(bounds, records, peaks, SAVE, NCH)
out["lone_hits"] = columns(bounds, ["time", "channel", "left_integration", "right_integration", "area"])
everywhere = hits.copy()
none = np.zeros(0, strax.time_fields)
strax.find_hit_integration_bounds(everywhere, none, records, SAVE, NCH)
out["hit_bounds"] = columns(everywhere, ["left_integration", "right_integration"])
with_lone = whole.copy()
strax.add_lone_hits(with_lone, bounds, TO_PE)
strax.compute_properties(with_lone, n_top_channels=TOP)
out["add_lone_hits"] = peak_columns(with_lone)

# Hitlets
HITLET = ["time", "length", "channel", "area", "amplitude", "time_amplitude", "range_50p_area", "range_80p_area",
          "left_area", "low_left_area"]


def hitlet_golden(h):
    strax.hitlet_properties(h)
    template = np.array([0.1, 0.5, 0.25, 0.1, 0.05], np.float32)
    edges = {f"fwxm_{f}": [[float(f"{v:.7g}") if np.isfinite(v) else None for v in strax.get_fwxm(x, f)] for x in h]
             for f in (0.5, 0.1)}
    hdr = [strax.highest_density_region_width(x["data"][:x["length"]], np.array([0.5, 0.9]), dt=DT,
                                              fractional_edges=True) for x in h]
    simple = [strax.highest_density_region_width(x["data"][:x["length"]], np.array([0.5, 0.9]), dt=DT)
              for x in h]
    short = lambda a: [[[float(f"{v:.7g}") if np.isfinite(v) else None for v in e] for e in x] for x in a]
    finite = lambda v: [float(f"{x:.7g}") if np.isfinite(x) else None for x in v]
    return {**columns(h, HITLET), "data": used(h), **edges, "template": template.tolist(),
            "entropy": finite(strax.conditional_entropy(h)),
            "entropy_squared": finite(strax.conditional_entropy(h, square_data=True)),
            "entropy_template": finite(strax.conditional_entropy(h, template=template)),
            "hdr_fractional": short(hdr), "hdr": short(simple)}


hitlets = strax.create_hitlets_from_hits(hits, (3, 4), (0, NCH - 1))
hitlets = strax.get_hitlets_data(hitlets, records, TO_PE, min_hitlet_sample=120)
parts = strax.split_peaks(hitlets, None, records, None, TO_PE, data_type="hitlets", algorithm="local_minimum",
                          min_height=0.3, min_ratio=1.2)
out["hitlets"] = hitlet_golden(hitlets)
out["split_hitlets"] = {**columns(parts, ["time", "length", "channel", "area"]), "data": used(parts)}

# Intervals
things = np.zeros(60, strax.time_fields)
things["time"] = np.sort(rng.integers(0, 200, 60))
things["endtime"] = np.maximum.accumulate(things["time"] + rng.integers(1, 9, 60))
containers = np.zeros(25, strax.time_fields)
edges = np.sort(rng.choice(np.arange(220), 50, replace=False))
containers["time"], containers["endtime"] = edges[::2], edges[1::2]
fewer = things[::3]
prev, nxt = strax.abs_time_to_prev_next_interval(containers, fewer)
out["intervals"] = dict(
    things=columns(things, ["time", "endtime"]), containers=columns(containers, ["time", "endtime"]),
    fully_contained_in=strax.fully_contained_in(things, containers).tolist(),
    split_by_containment=[[int(v) for v in x["time"]] for x in strax.split_by_containment(things, containers)],
    touching_windows={str(w): strax.touching_windows(things, containers, window=w).tolist() for w in range(-2, 3)},
    fewer=columns(fewer, ["time", "endtime"]), to_previous=prev.tolist(), to_next=nxt.tolist(),
    overlap_indices=[[a, na, b, nb, *map(int, sum(strax.overlap_indices(a, na, b, nb), ()))]
                     for a, na, b, nb in rng.integers(0, 12, (40, 4)).tolist()])
print(json.dumps(out, separators=(",", ":")))
