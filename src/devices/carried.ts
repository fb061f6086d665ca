/** What a file says of the settings and nonces a device had at its former network server. */
import { type SaidKey, type Told, tell } from '../model/said.ts';
import { type ColumnName, type Columns, pick } from './columns.ts';
import type { OnboardingEntry } from './entry.ts';
import { greatestOf } from './json-stream.ts';

type Carried = NonNullable<OnboardingEntry['carried']>;

const MAX_NONCE = 0xffff;
const MAX_HERTZ = 3_000_000_000;

const FIELDS: readonly (readonly [keyof Carried, ColumnName, wrong: SaidKey, max: number])[] = [
  ['rx1DelayS', 'rx1Delay', 'import.rx1Delay', 15],
  ['rx1Offset', 'rx1Offset', 'import.rx1Offset', 7],
  ['rx2DataRate', 'rx2DataRate', 'import.rx2DataRate', 15],
  ['rx2Frequency', 'rx2Frequency', 'import.rx2Frequency', MAX_HERTZ],
  ['joinNonce', 'lastJoinNonce', 'import.lastJoinNonce', 0xff_ffff],
  ['devNonce', 'lastDevNonce', 'import.lastDevNonce', MAX_NONCE],
];

/** What is told of each; or what is wrong with one. */
export function readCarried(columns: Columns): Carried | Told {
  const carried: Record<string, number> = {};
  for (const [field, column, wrong, max] of FIELDS) {
    const text = pick(columns, column);
    if (text === undefined) continue;
    const value = numberOf(text);
    if (value === undefined || value > max) return tell(wrong, { limit: max });
    // A delay of 0 means 1 s (LoRaWAN 1.0.x §5.7).
    carried[field] = field === 'rx1DelayS' ? Math.max(1, value) : value;
  }
  const nonces = readNonces(columns);
  if (nonces && 'said' in nonces) return nonces;
  if (nonces && (carried.devNonce ?? -1) < nonces.last) carried.devNonce = nonces.last;
  return carried;
}

interface Nonces {
  readonly last: number;
  readonly count: number;
}

/** Out of a list of all DevNonces a device has used: of a database, in whichever way it writes lists. */
export function readNonces(columns: Columns): Nonces | undefined | Told {
  const text = pick(columns, 'devNonces');
  if (text === undefined) return undefined;
  const [, last, count] = /^(\d+) of (\d+)$/.exec(/^\d+ of \d+$/.test(text) ? text : greatestOf(text)) ?? [];
  if (last === undefined) return undefined;
  if (Number(last) > MAX_NONCE) return tell('import.devNonce', { limit: MAX_NONCE });
  return { last: Number(last), count: Number(count) };
}

/** '5', 'RX_DELAY_5', 'DATA_RATE_3' */
function numberOf(text: string): number | undefined {
  const [, digits] = /^(?:[A-Z0-9_]*_)?(\d{1,10})$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
