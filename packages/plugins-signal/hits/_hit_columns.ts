// Columns that hits of several kinds have in common.

/** Columns that tell which hit a row is. */
export const HIT_KEYS = {
  time: "time",
  endtime: "time",
  board: "u16",
  channel: "u16",
  record_id: "i64",
} as const;

/** Their names. */
export const HIT_KEY_NAMES = ["time", "endtime", "board", "channel", "record_id"] as const;

/** The first columns of all hits. */
export const HIT_START = {
  time: "time",
  endtime: "time",
  peakTime: "time",
  board: "u16",
  channel: "u16",
  record_id: "i64",
  position: "i32",
} as const;

/** What is known of a hit at or beyond a threshold, and of several as one. */
export const HIT_VALUES = {
  height: "f32",
  integral: "f32",
  width: "f32",
  rise_time: "f32",
  fall_time: "f32",
  dt: "i32",
} as const;
