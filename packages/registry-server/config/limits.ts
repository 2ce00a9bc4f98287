/**
 * What the registry accepts at most: {@linkcode Limits}.
 * @module
 */

/** Sizes in bytes, times in milliseconds. */
export interface Limits {
  /** Largest upload, compressed. */
  readonly uploadBytes: number;
  /** Longest time without a byte of an upload. */
  readonly uploadIdle: number;
  /** Longest time for a whole upload. */
  readonly uploadTime: number;
  /** Largest archive, unpacked. */
  readonly unpackedBytes: number;
  /** Largest file. */
  readonly fileBytes: number;
  /** Largest module: what is parsed takes some 250 times its size in memory. */
  readonly moduleBytes: number;
  /** Most files in a package. */
  readonly files: number;
  /** Longest path in a package, in bytes of UTF-8. */
  readonly pathLength: number;
  /** Most folders above a file. */
  readonly pathDepth: number;
  /** Most packages in a scope. */
  readonly packages: number;
  /** Most attempts to publish of a user in seven days. */
  readonly attempts: number;
  /** Largest body of a request that is not an upload. */
  readonly bodyBytes: number;
  /** API requests of an address or a token a second, on average. */
  readonly rate: number;
  /** ... and at once. */
  readonly burst: number;
}

/** What holds where nothing else was set. */
export const DEFAULT_LIMITS: Limits = {
  uploadBytes: 20 * 2 ** 20,
  uploadIdle: 30_000,
  uploadTime: 300_000,
  unpackedBytes: 32 * 2 ** 20,
  fileBytes: 16 * 2 ** 20,
  moduleBytes: 2 * 2 ** 20,
  files: 5000,
  pathLength: 160,
  pathDepth: 16,
  packages: 1000,
  attempts: 5000,
  bodyBytes: 2 ** 18,
  rate: 50,
  burst: 500,
};
