// What the commands need of their surroundings.

/** Where commands write and what interrupts them. */
export interface Terminal {
  /** Write results. */
  out(text: string): void;
  /** Write messages. */
  err(text: string): void;
  /** Call `handler` at every signal that asks the program to end, until the function that this returns is called. */
  onSignal(handler: () => void): () => void;
}
