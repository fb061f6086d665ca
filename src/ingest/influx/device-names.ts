/**
 * The name a device had when a record was stored. The name is a tag, so part of the series: under the present name, a record
 * from before a renaming that is written again would stand beside itself. So each renaming is remembered by the number of the
 * first record that has the new name, as long as the log keeps an older one. A name that was never changed is the present one.
 */
import type { Logger } from '../../model/world.ts';
import type { Store } from '../../store/contract.ts';

const NOTE = 'influx_device_names';
/** Names remembered of one device, and of all that were ever renamed; the oldest go first. */
const MAX_NAMES = 8;
const MAX_ALL = 2_000;

/** From this record on the device had the name; '' for none. */
type Naming = readonly [from: number, name: string];

interface NamesContext {
  readonly store: Pick<Store, 'log' | 'devices' | 'notes'>;
  readonly logger: Logger;
  /** As last seen. */
  present: ReadonlyMap<string, string>;
  /** Of devices that were renamed, ascending; the device renamed last is last. */
  readonly history: Map<string, Naming[]>;
}

/** Gives the name the device had at record `seq`. To be made before anything of this run can change a name. */
export function createDeviceNames(
  store: NamesContext['store'],
  logger: Logger,
): (devEui: string, seq: number) => string {
  const context: NamesContext = { store, logger, present: namesOf(store), history: load(store, logger) };
  store.devices.onChange(() => noteRenamed(context));
  return (devEui, seq) =>
    context.history.get(devEui)?.findLast(([from]) => from <= seq)?.[1] ?? context.present.get(devEui) ?? '';
}

function namesOf({ devices }: NamesContext['store']): Map<string, string> {
  return new Map(devices.list().map(({ devEui, name }) => [devEui, name]));
}

function noteRenamed(context: NamesContext): void {
  const { store, history, present, logger } = context;
  const names = namesOf(store);
  let isChanged = false;
  for (const devEui of new Set([...present.keys(), ...names.keys()])) {
    const [before, after] = [present.get(devEui), names.get(devEui)];
    // A new device has no records under another name.
    if (before === after || (before === undefined && !history.has(devEui))) continue;
    const known = history.get(devEui) ?? [[0, before ?? ''] satisfies Naming];
    history.delete(devEui);
    history.set(devEui, [...known, [store.log.lastSeq() + 1, after ?? ''] satisfies Naming]);
    isChanged = true;
  }
  context.present = names;
  if (!isChanged) return;
  forget(context);
  try {
    store.notes.put(NOTE, [...history]);
  } catch (error) {
    // They hold until the program ends.
    logger.warn('influx.names_unsaved', { error: error instanceof Error ? error.message : String(error) });
  }
}

/** Drops what no record of the log needs, and the oldest of what is too much. */
function forget({ store, history }: NamesContext): void {
  const firstSeq = store.log.firstSeq();
  let count = 0;
  for (const [devEui, namings] of [...history].reverse()) {
    const needed = namings.filter((_, index) => (namings[index + 1]?.[0] ?? Infinity) > firstSeq);
    const kept = needed.slice(-MAX_NAMES);
    count += kept.length;
    if (kept.length < 2 || count > MAX_ALL) history.delete(devEui);
    else history.set(devEui, kept);
  }
}

function load({ notes }: NamesContext['store'], logger: Logger): Map<string, Naming[]> {
  try {
    return new Map((notes.get(NOTE) as [string, Naming[]][] | undefined) ?? []);
  } catch (error) {
    logger.warn('influx.names_lost', { error: error instanceof Error ? error.message : String(error) });
    return new Map();
  }
}
