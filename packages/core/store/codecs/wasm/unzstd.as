// What reading needs, with a memory of its own, in AssemblyScript: frames of zstd back into bytes, planes of bytes into samples and
// numbers.
export { joinRows } from "./join_rows";
export { joinNumbers, stepsToOffsets, stepsToTimes, unzigzag, wasFar } from "./numbers";
export { aimBlocks, beginBlocks, decodeBlocks, swapBlocks } from "./unzstd_block";

/** Address behind what the module itself uses. */
export function heapBase(): usize {
  return __heap_base;
}
