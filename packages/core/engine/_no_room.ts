// A source may not read on: too much of the budget is in use by those who wait for it.

/** Thrown up through the nodes that wait; one that has work in hand finishes that instead, which may make room. */
export class NoRoom extends Error {
  override readonly name = "NoRoom";

  /** @param stuck What to report when nobody can do anything. */
  constructor(readonly stuck: Error) {
    super(stuck.message);
  }
}
