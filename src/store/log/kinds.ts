/** The kinds of records as they are stored, and in which order they are given up when room runs out. */
import type { RecordKind } from '../../model/record.ts';

/** Stored as the index. Append only. */
export const KINDS: readonly RecordKind[] = ['uplink', 'gateway', 'system', 'join', 'downlink', 'alarm'];

/** The classes, the first to go first. */
export const CLASSES = ['telemetry', 'events', 'alarms'] as const;
export type RecordClass = (typeof CLASSES)[number];

/** The class of each kind; what is not listed is an event. */
const CLASS_OF: Readonly<Record<RecordKind, RecordClass>> = {
  uplink: 'telemetry',
  gateway: 'events',
  system: 'events',
  join: 'events',
  downlink: 'events',
  alarm: 'alarms',
};

/** The indexes into KINDS of a class. */
export function kindsOf(name: RecordClass): readonly number[] {
  return KINDS.flatMap((kind, index) => (CLASS_OF[kind] === name ? [index] : []));
}

/** Records about a device that are no sign of life of it: what is sent to it, what we say of it. */
export const NO_SIGN_OF_LIFE: ReadonlySet<RecordKind> = new Set(['downlink', 'alarm']);

/** Index into CLASSES of a stored kind. */
export function classIndexOf(kind: number): number {
  const name = KINDS[kind];
  return CLASSES.indexOf(name === undefined ? 'events' : CLASS_OF[name]);
}
