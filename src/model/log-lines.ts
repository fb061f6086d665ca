/** The newest lines of the program's own log, as they are kept in memory and shown. Secrets were taken out when they were written. */

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogLine {
  /** Counts up from 1 with the start of the process. */
  readonly id: number;
  readonly timeMs: number;
  readonly level: LogLevel;
  /** Stable dotted name. */
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LogSelection {
  /** Lines of a smaller id. */
  readonly beforeId?: number | undefined;
  /** Lines of a greater id. */
  readonly afterId?: number | undefined;
  /** The least serious level. */
  readonly level?: LogLevel | undefined;
  /** What stands before the dot of the event's name. */
  readonly part?: string | undefined;
}

export interface LogLines {
  /** 0 before the first line. */
  lastId(): number;
  /** Newest first, `limit` at most. */
  newest(selection: LogSelection, limit: number): LogLine[];
  /** All there are as they were written, a line each, oldest first. */
  texts(): Iterable<string>;
}

/** 'influx' of 'influx.down'. */
export function partOf(event: string): string {
  return event.split('.', 1)[0] ?? '';
}
