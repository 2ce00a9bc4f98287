// What reading needs, with a memory of its own, in AssemblyScript: frames of zstd back into bytes, planes of bytes into samples.
export { joinRows } from "./join_rows";
export { beginBlocks, decodeBlocks } from "./unzstd_block";

/** Address behind what the module itself uses. */
export function heapBase(): usize {
  return __heap_base;
}
