/** A reading as the store codes it, beside records that it keeps as JSON: the proofs of the store hold for both. */
import type { NewRecord } from '../../src/model/record.ts';

/** With the field `n` and a text. */
export function codedReading(n: number, text: string, timeMs: number, device: string): NewRecord {
  const body = {
    fields: { n, text, temperature_1: (n % 400) / 10 },
    ...{ data: '0167010f', fPort: 2, fCnt: n % 65_536, devAddr: '26011bda', confirmed: false },
    ...{ freq: 868_100_000, dr: 'SF7BW125', rx: [{ gw: '0016c001f153a14c', rssi: -80, snr: 7.5 }] },
    ...{ codec: 'cayenne', via: 'bridge' as const },
  };
  return { kind: 'uplink', timeMs, device, body };
}

/** The number in the body of such a record, or in that of an event beside it. */
export function numberIn(body: string): number | undefined {
  const { n, fields } = JSON.parse(body) as { n?: number; fields?: { n?: number } };
  return n ?? fields?.n;
}
