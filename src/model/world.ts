/**
 * What a part needs of the outside that is neither data nor a server: time, randomness and a log.
 * Everything that reads a clock or draws a number takes a World, so tests decide both.
 */

export interface Clock {
  /** Wall-clock time, epoch milliseconds. May jump; never use it to measure a duration. */
  nowMs(): number;
  /** Milliseconds since some fixed moment of this boot; never goes back. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs`; the result cancels it. Does not keep the process alive. */
  after(delayMs: number, task: () => void): () => void;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** `event` is a stable dotted name ('influx.write_failed'); `fields` must hold no secret. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface World {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/** A part with a life. `stop` may be called before `start` has finished and more than once; it ends within 5 s. */
export interface Part {
  start(): Promise<void>;
  stop(): Promise<void>;
}
