/**
 * All that the engine remembers, as plain data: kept on disk row by row, and read back at a start. Nothing in it grows with the log;
 * it is bounded by the number of alarms there can be and of devices they are about.
 */
import type {
  AlarmRule,
  AlarmSilence,
  AlarmState,
  AlarmValue,
  AreaSuppression,
  Shelf,
} from '../../model/alarm.ts';
import type { Said } from '../../model/said.ts';

/** One alarm. A new one is made when its condition first holds, or somebody shelves it. */
export interface AlarmEntry {
  readonly rule: string;
  readonly subject: string;
  /** Whether the condition holds, by itself: without delays. */
  holds: boolean;
  /** When a delay is over. */
  dueMs?: number | undefined;
  state: AlarmState;
  silence?: AlarmSilence | undefined;
  /** Somebody heard of it since it became active. */
  wasAnnounced: boolean;
  activeMs: number;
  clearedMs?: number | undefined;
  acknowledged?: { readonly by: string; readonly timeMs: number; readonly comment?: string } | undefined;
  value?: AlarmValue | undefined;
  limit?: AlarmValue | undefined;
  message: string;
  /** The message piece by piece; absent where it is in a person's own words. */
  said?: readonly Said[] | undefined;
  isFirstUp: boolean;
  group: string;
  parent?: string | undefined;
  shelved?: Shelf | undefined;
  outOfService?: { readonly by: string; readonly timeMs: number; readonly reason: string } | undefined;
  /** It was said of a late value that it would have been active. */
  past?: true | undefined;
  /** When it became active within the last hour, at most ten. */
  times: number[];
}

/** What is remembered of a device, as far as a rule asks for it. */
export interface DeviceMemory {
  /** Of its newest reading. */
  lastMs: number;
  /** It could not be heard before: the box was off, or all its gateways. */
  graceMs: number;
  fCnt: number;
  /** Between its newest readings, the newest last. */
  gaps: number[];
  /** Of its newest readings, dB, the newest last. */
  margins: number[];
  /** Gateways that heard the newest reading. */
  heard: readonly string[];
  /** By field. */
  last: Record<string, { value: AlarmValue; before?: AlarmValue | undefined }>;
  /** By field: times and values in turn, the oldest first. */
  windows: Record<string, number[]>;
  /** By rule: since when a value has not moved. */
  still: Record<string, { value: AlarmValue; sinceMs: number }>;
}

export interface EngineState {
  /** seq of the newest record that was looked at. */
  position: number;
  /** Of what was not written by the engine itself. */
  sourceSeq: number;
  /** Records written. */
  n: number;
  /** The time as far as the log tells it. */
  nowMs: number;
  readonly rules: Map<string, AlarmRule>;
  /** By '<rule>:<subject>'. */
  readonly alarms: Map<string, AlarmEntry>;
  readonly devices: Map<string, DeviceMemory>;
  readonly gateways: Map<string, { isOnline: boolean; sinceMs: number }>;
  readonly areas: Map<string, AreaSuppression>;
}

export function emptyState(): EngineState {
  return {
    ...{ position: 0, sourceSeq: 0, n: 0, nowMs: 0 },
    rules: new Map(),
    alarms: new Map(),
    devices: new Map(),
    gateways: new Map(),
    areas: new Map(),
  };
}

export function newMemory(): DeviceMemory {
  return {
    lastMs: 0,
    graceMs: 0,
    fCnt: -1,
    gaps: [],
    margins: [],
    heard: [],
    last: {},
    windows: {},
    still: {},
  };
}

export function newEntry(rule: string, subject: string): AlarmEntry {
  return {
    ...{ rule, subject, holds: false, state: 'normal', wasAnnounced: false, activeMs: 0 },
    ...{ message: '', isFirstUp: false, group: '', times: [] },
  };
}

/** The names under which the parts of the state are kept. */
const PARTS = { rules: 'r', alarms: 'a', devices: 'd', gateways: 'g', areas: 's' } as const;
export type StatePart = keyof typeof PARTS;
const HEAD = 'engine';

/** What changed since it was kept last. */
export type Dirty = Readonly<Record<StatePart, Set<string>>>;

export function nothingDirty(): Dirty {
  const none = () => new Set<string>();
  return { rules: none(), alarms: none(), devices: none(), gateways: none(), areas: none() };
}

/** The rows to put and to remove, so that what is kept is `state` again. `aliveMs`: until when the box is known to have run. */
export function rowsOf(
  state: EngineState,
  dirty: Dirty,
  aliveMs: number,
): { readonly put: Map<string, unknown>; readonly remove: string[] } {
  const { position, sourceSeq, n, nowMs } = state;
  const put = new Map<string, unknown>([[HEAD, { position, sourceSeq, n, nowMs, aliveMs }]]);
  const remove: string[] = [];
  for (const part of Object.keys(PARTS) as StatePart[]) {
    for (const key of dirty[part]) {
      const value: unknown = state[part].get(key);
      const name = `${PARTS[part]}:${key}`;
      if (value === undefined) remove.push(name);
      else put.set(name, value);
    }
  }
  return { put, remove };
}

type KeptHead = Pick<EngineState, 'position' | 'sourceSeq' | 'n' | 'nowMs'>;

/** The state of kept rows; undefined where its head is missing: it was never kept, or is damaged. */
export function stateOf(
  rows: ReadonlyMap<string, unknown>,
): { readonly state: EngineState; readonly aliveMs: number } | undefined {
  const state = emptyState();
  for (const part of Object.keys(PARTS) as StatePart[]) {
    const prefix = `${PARTS[part]}:`;
    const table = state[part] as Map<string, unknown>;
    for (const [name, value] of rows)
      if (name.startsWith(prefix)) table.set(name.slice(prefix.length), value);
  }
  const head = rows.get(HEAD) as (KeptHead & { readonly aliveMs: number }) | undefined;
  if (!head) return undefined;
  const { aliveMs, ...rest } = head;
  return { state: Object.assign(state, rest), aliveMs };
}
