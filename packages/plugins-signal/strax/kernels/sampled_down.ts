// A waveform in the room that there is.

/** Write the sums of `factor` samples each to `data`, as many as are full and find room, and 0 behind; gives how many there are. */
export function sampledDown(waveform: Float32Array, factor: number, data: Float32Array): number {
  const length = Math.min(data.length, Math.floor(waveform.length / factor));
  for (let k = 0, i = 0; k < length; k++) {
    let part = 0;
    for (const stop = i + factor; i < stop; i++) part += waveform[i]!;
    data[k] = part;
  }
  data.fill(0, length);
  return length;
}
