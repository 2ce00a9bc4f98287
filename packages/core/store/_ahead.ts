// Things that are begun before they are asked for, and given in order.

/** What is begun ahead. */
export interface Ahead<T> {
  /** Begin one. */
  readonly begin: (k: number) => Promise<T>;
  /** Whether to begin the next one though nobody asked for it yet, with so many under way; told each time that they change. */
  readonly more: (underWay: number) => boolean;
  /** Let go of one that nobody takes. */
  readonly drop: (value: T) => void;
  /** Whether one that failed ahead is begun again when it is its turn, alone. */
  readonly again: (error: unknown) => boolean;
}

/** The things from `from` to `to`, each in its turn; a failure too. What is under way has ended when the iteration has. */
export async function* inTurn<T>(from: number, to: number, ahead: Ahead<T>): AsyncGenerator<T> {
  const underWay: Promise<T>[] = [];
  let next = from;
  const begin = () => {
    const begun = ahead.begin(next++);
    begun.catch(() => {}); // told when it is its turn
    underWay.push(begun);
  };
  const clear = async () => {
    for (const ended of await Promise.allSettled(underWay.splice(0))) {
      if (ended.status === "fulfilled") ahead.drop(ended.value);
    }
  };
  try {
    for (let k = from; k < to; k++) {
      if (underWay.length === 0) begin();
      while (ahead.more(underWay.length) && next < to) begin();
      let value: T;
      try {
        value = await underWay.shift()!;
      } catch (error) {
        if (!ahead.again(error)) throw error;
        await clear();
        next = k + 1;
        value = await ahead.begin(k);
      }
      while (ahead.more(underWay.length + 1) && next < to) begin();
      yield value;
    }
  } finally {
    await clear();
  }
}
