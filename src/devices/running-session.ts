/**
 * What a device and this box have come to, for another box to go on with: its session, where it listens, the last nonces.
 * The network server's own words for it are read as they lie in the store (gateway/network/mac-state.ts writes them).
 */
import type { CarriedOver, Device, DeviceState } from '../model/device.ts';
import type { StoredSession } from '../store/contract.ts';
import type { OnboardingEntry, SessionEntry } from './entry.ts';

/** Of the store. */
export interface Running {
  readonly session: StoredSession | undefined;
  /** The greatest DevNonce taken from it. */
  readonly devNonce: number | null;
}

/** The entry with all that. A session that was offered and not used yet stays behind: the device joins again. */
export function withRunning(
  entry: OnboardingEntry,
  { carried: before = {}, link, nextFCntUp }: Device & DeviceState,
  { session: stored, devNonce }: Running,
): OnboardingEntry {
  const { joined, link: told } = readState(stored?.state ?? '');
  const { fCntDown: _own, ...taken } = before;
  const rx2 = objectOf(told?.rx2);
  const carried = {
    ...taken,
    ...numbersOf({
      rx1DelayS: told?.rx1DelayS,
      rx1Offset: told?.rx1Offset,
      rx2DataRate: rx2?.dataRate,
      rx2Frequency: rx2?.frequency,
      joinNonce: greater(stored?.joinNonce, before.joinNonce),
      devNonce: greater(devNonce, before.devNonce),
    }),
  } satisfies CarriedOver;
  const session = joined && { ...joined, fCntUp: nextFCntUp, fCntDown: stored?.fCntDown ?? 0 };
  return {
    ...entry,
    ...(session ? { session } : {}),
    ...(link?.allowCounterReset ? { allowCounterReset: true } : {}),
    ...(Object.keys(carried).length > 0 ? { carried } : {}),
  };
}

type Members = Readonly<Record<string, unknown>>;

/** Nothing of a state that cannot be read: the device joins again. */
function readState(text: string): {
  readonly joined?: SessionEntry | undefined;
  readonly link?: Members | undefined;
} {
  if (text === '') return {};
  try {
    const state = objectOf(JSON.parse(text));
    return { joined: joinedOf(objectOf(state?.joined)), link: objectOf(state?.link) };
  } catch {
    return {};
  }
}

function joinedOf(joined: Members | undefined): SessionEntry | undefined {
  const { devAddr, nwkSKey, appSKey } = joined ?? {};
  if (typeof devAddr !== 'string' || typeof nwkSKey !== 'string' || typeof appSKey !== 'string')
    return undefined;
  return { devAddr, nwkSKey, appSKey };
}

function objectOf(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null ? (value as Members) : undefined;
}

function numbersOf(members: Members): Record<string, number> {
  return Object.fromEntries(
    Object.entries(members).filter((member): member is [string, number] => typeof member[1] === 'number'),
  );
}

function greater(a: number | null | undefined, b: number | undefined): number | undefined {
  return typeof a === 'number' ? Math.max(a, b ?? 0) : b;
}
