/** What a reading keeps of a payload that no codec understands. */
import { expect, test } from 'vitest';
import { toRecord } from '../../src/ingest/reading.ts';
import type { UplinkBody } from '../../src/model/record.ts';
import type { Said } from '../../src/model/said.ts';
import type { Uplink } from '../../src/model/uplink.ts';
import { germanSaid } from '../support/german.ts';

const UPLINK: Uplink = {
  ...{ device: '70b3d57ed0000001', devAddr: '01020304', fCnt: 1, fPort: 1, confirmed: false, adr: false },
  ...{ data: Uint8Array.of(1), timeMs: 0, via: 'bridge' },
  radio: { frequency: 868_100_000, dataRate: 'SF7BW125' },
  receptions: [{ gatewayId: 'aa', rssi: -80, snr: 7 }],
};

async function bodyOf(said: readonly Said[] | undefined): Promise<UplinkBody> {
  const device = { devEui: UPLINK.device, name: 'Tank', codec: 'acme', origin: 'api' } as const;
  const decode = said && (() => ({ fields: {}, problem: 'bad', said }));
  const record = await toRecord(UPLINK, device, decode);
  if (record.kind !== 'uplink') throw new Error('no reading');
  return record.body;
}

test('the reason is there in words, and by keys for pages in other languages', async () => {
  const { problem, said } = await bodyOf(undefined);
  expect(problem).toBe('no codec is called "acme"');
  expect(await germanSaid(said ?? [])).toBe('einen Codec „acme“ gibt es nicht');
});

test('a reading with very much to be said of it keeps the words alone', async () => {
  const one = { key: 'codec.noObject', values: {} };
  expect(await bodyOf(Array.from({ length: 4 }, () => one))).toHaveProperty('said');
  const long = await bodyOf(Array.from({ length: 5 }, () => one));
  expect(long.problem).toBe('bad');
  expect(long).not.toHaveProperty('said');
});
