// The sandboxes of one plugin.

import { SandboxProcess, type SandboxSettings } from "./_process.ts";

/** Ms after which a sandbox that nobody needs is ended. */
const IDLE_MS = 2000;

/** Starts sandboxes as they are needed, up to a number. */
export class SandboxPool implements AsyncDisposable {
  readonly #settings: SandboxSettings;
  readonly #check: () => Promise<unknown>;
  readonly #idle: SandboxProcess[] = [];
  readonly #all = new Set<SandboxProcess>();
  readonly #waiting: (() => void)[] = [];
  #max: number;
  #taken = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** `check` looks at the plugin's files, before each start. */
  constructor(settings: SandboxSettings, check: () => Promise<unknown>, max: number) {
    this.#settings = settings;
    this.#check = check;
    this.#max = max;
  }

  /** Most sandboxes for stretches without state. */
  set max(max: number) {
    this.#max = max;
  }

  /** Processes that are alive. */
  get pids(): number[] {
    return [...this.#all].flatMap((one) => one.pid ?? []);
  }

  /** A sandbox to give back; where it is for a state, it does not count. */
  async take(signal: AbortSignal | undefined, forState: boolean): Promise<SandboxProcess> {
    if (!forState) {
      while (this.#taken >= this.#max) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#waiting.push(resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
        await promise;
        signal?.throwIfAborted();
      }
      this.#taken++;
    }
    clearTimeout(this.#timer);
    try {
      for (;;) {
        const idle = this.#idle.pop();
        if (!idle) return await this.#start();
        if (!idle.isOver) return idle;
      }
    } catch (error) {
      if (!forState) this.#free();
      throw error;
    }
  }

  /** Give a sandbox back. */
  give(process: SandboxProcess, forState: boolean): void {
    if (!forState) this.#free();
    if (process.isOver) return;
    this.#idle.push(process);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const idle of this.#idle.splice(0)) void idle.close();
    }, IDLE_MS);
  }

  async #start(): Promise<SandboxProcess> {
    await this.#check();
    if (this.#closed) throw new Error(`The sandboxes of plugin "${this.#settings.plugin}" were closed`);
    const process = await SandboxProcess.start(this.#settings);
    this.#all.add(process);
    void process.gone.then(() => this.#all.delete(process));
    return process;
  }

  #free(): void {
    this.#taken--;
    this.#waiting.shift()?.();
  }

  /** Ends all sandboxes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#all].map((process) => process.close()));
    this.#settings.pool.clear();
  }
}
