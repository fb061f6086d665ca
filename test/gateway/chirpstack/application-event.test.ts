/** Devices that come with ChirpStack's events: introduced, renamed as ChirpStack renames them, unless a name was given here. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processApplicationEvent } from '../../../src/gateway/chirpstack/application-event.ts';
import type { Device } from '../../../src/model/device.ts';
import type { Store } from '../../../src/store/contract.ts';
import { openStore } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/process.ts';
import { createTestWorld } from '../../support/world.ts';

const DEVICE = '0101010101010101';
let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let logged: string[];

beforeEach(() => {
  folder = temporaryFolder();
  store = openStore({ dir: folder.path, world: createTestWorld() });
  logged = [];
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

let events = 0;
function hear(deviceName: string | undefined): void {
  events += 1;
  const event = {
    deduplicationId: `event ${events}`,
    deviceInfo: { devEui: DEVICE, ...(deviceName === undefined ? {} : { deviceName }) },
    data: 'qg==',
  };
  const topic = { kind: 'application', applicationId: '1', event: 'up', devEui: DEVICE } as const;
  const context = { store, inFlight: new Set<string>(), logEvent: (name: string) => void logged.push(name) };
  const payload = Buffer.from(JSON.stringify(event));
  const outcome = processApplicationEvent(context, topic, payload, { nowMs: 0, trusted: true });
  expect(outcome.kind).toBe('uplink');
}
const device = () => store.devices.get(DEVICE);

test('I9: a device renamed in ChirpStack has the new name here, and after a restart', async () => {
  hear('Tank');
  expect(device()).toMatchObject({ name: 'Tank', origin: 'chirpstack' });
  hear('Tank north');
  hear('Tank north');
  expect(device()).toMatchObject({ name: 'Tank north', codec: 'raw', origin: 'chirpstack' });
  expect(logged).toEqual(['device.renamed']);
  await store.close();
  store = openStore({ dir: folder.path, world: createTestWorld() });
  hear('Tank south');
  expect(device()?.name).toBe('Tank south');
});

test('I9: an event without a name, or with an empty one, renames nothing; a long or broken name is made right once', () => {
  hear(undefined);
  expect(device()?.name).toBe(DEVICE);
  hear('Tank');
  for (const name of [undefined, '', '   ']) hear(name);
  expect(device()?.name).toBe('Tank');
  const odd = `\ud800${'x'.repeat(200)}`;
  hear(odd);
  hear(odd);
  expect(device()?.name).toBe(`\ufffd${'x'.repeat(99)}`);
  expect(logged).toEqual(['device.renamed', 'device.renamed']);
});

test.each<Partial<Device> & Pick<Device, 'origin'>>([
  { origin: 'chirpstack', namedHere: true },
  { origin: 'api' },
  { origin: 'config' },
])('I9: a name that was given here stays: %o', async (declared) => {
  store.devices.put({ devEui: DEVICE, name: 'Mine', codec: 'raw', ...declared });
  hear('Theirs');
  await store.close();
  store = openStore({ dir: folder.path, world: createTestWorld() });
  hear('Theirs');
  expect(device()?.name).toBe('Mine');
});

test('I1: a name of ChirpStack is one line here, and nothing but control characters is none', () => {
  hear('\u001b[31mTank\u202e\n\u0000 north ');
  expect(device()?.name).toBe('[31mTank  north');
  hear('\u0000\u2028');
  expect(device()?.name).toBe('[31mTank  north');
});
