// What may be damaged in a frame: `../_unzstd.ts` has the words.
export const DAMAGED_BLOCK: i32 = -1;
export const DAMAGED_LITERALS: i32 = -2;
export const DAMAGED_SEQUENCES: i32 = -3;
export const TOO_LONG: i32 = -4;
export const TOO_FAR: i32 = -5;
