/** What a file says of the settings and nonces a device had at its former network server. */
import { type ColumnName, type Columns, pick } from './columns.ts';
import type { OnboardingEntry } from './entry.ts';

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
  return carried;
}

/** '5', 'RX_DELAY_5', 'DATA_RATE_3' */
function numberOf(text: string): number | undefined {
  const [, digits] = /^(?:[A-Z0-9_]*_)?(\d{1,10})$/i.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
