/** What a file says of the settings and nonces a device had at its former network server. */
import { type ColumnName, type Columns, pick } from './columns.ts';
import type { OnboardingEntry } from './entry.ts';
import { greatestOf } from './json-stream.ts';

type Carried = NonNullable<OnboardingEntry['carried']>;

const MAX_HERTZ = 3_000_000_000;

const FIELDS: readonly (readonly [keyof Carried, ColumnName, what: string, max: number])[] = [
  ['rx1DelayS', 'rx1Delay', 'RX1 delay', 15],
  ['rx1Offset', 'rx1Offset', 'RX1 data rate offset', 7],
  ['rx2DataRate', 'rx2DataRate', 'RX2 data rate', 15],
  ['rx2Frequency', 'rx2Frequency', 'RX2 frequency', MAX_HERTZ],
  ['joinNonce', 'lastJoinNonce', 'last JoinNonce', 0xff_ffff],
  ['devNonce', 'lastDevNonce', 'last DevNonce', 0xffff],
];

/** What is told of each; or what is wrong with one. */
export function readCarried(columns: Columns): Carried | string {
  const carried: Record<string, number> = {};
  for (const [field, column, what, max] of FIELDS) {
    const text = pick(columns, column);
    if (text === undefined) continue;
    const value = numberOf(text);
    if (value === undefined || value > max) return `the ${what} is not a number up to ${max}`;
    // A delay of 0 means 1 s (LoRaWAN 1.0.x §5.7).
    carried[field] = field === 'rx1DelayS' ? Math.max(1, value) : value;
  }
  const nonces = readNonces(columns);
  if (typeof nonces === 'string') return nonces;
  if (nonces && (carried.devNonce ?? -1) < nonces.last) carried.devNonce = nonces.last;
  return carried;
}

interface Nonces {
  readonly last: number;
  readonly count: number;
}

/** Out of a list of all DevNonces a device has used: of a database, in whichever way it writes lists. */
export function readNonces(columns: Columns): Nonces | undefined | string {
  const text = pick(columns, 'devNonces');
  if (text === undefined) return undefined;
  const [, last, count] = /^(\d+) of (\d+)$/.exec(/^\d+ of \d+$/.test(text) ? text : greatestOf(text)) ?? [];
  if (last === undefined) return undefined;
  if (Number(last) > 0xffff) return 'a DevNonce is not a number up to 65535';
  return { last: Number(last), count: Number(count) };
}

/** '5', 'RX_DELAY_5', 'DATA_RATE_3' */
function numberOf(text: string): number | undefined {
  const [, digits] = /^(?:[A-Z0-9_]*_)?(\d{1,10})$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
