/** What comes when the store is closed stays with its sender: nobody knows whether it was stored. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGateway } from '../../src/gateway/gateway.ts';
import { toRecord } from '../../src/ingest/reading.ts';
import { createReasonCounters } from '../../src/model/reason-counters.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { DEFAULTS } from '../support/config.ts';
import { createFleet, frameOf, upEvent } from '../support/fleet.ts';
import { eventually, temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const [DEVICE] = createFleet(1, 'closed');
let folder: ReturnType<typeof temporaryFolder>;
let store: Store;

beforeEach(() => {
  folder = temporaryFolder();
  store = openStore({ dir: folder.path, world: createTestWorld() });
});

afterEach(async () => {
  await store.close();
  folder.remove();
});

/** Hears one good frame over a store that refuses it; whether its message was acknowledged, and what was counted. */
async function hear(isClosed: boolean) {
  if (!DEVICE) throw new Error('no device');
  const { devEui, name, devAddr, nwkSKey, appSKey } = DEVICE;
  store.devices.put({ devEui, name, codec: 'raw', origin: 'api', abp: { devAddr, nwkSKey, appSKey } });
  const refused = createReasonCounters();
  let commits = 0;
  const gateway = createGateway({
    store: {
      ...store,
      async commitAll(changes) {
        commits += 1;
        return changes.map(() => ({ error: new Error('no') }));
      },
      closed: () => isClosed,
    },
    config: { ...DEFAULTS.gateway, dedupWindowMs: 0 },
    toRecord: (uplink, device) => toRecord(uplink, device, () => ({ ok: true, fields: {} }), undefined),
    refused,
    logEvent: () => {},
    world: createTestWorld(),
  });
  let isAcked = false;
  const ack = () => {
    isAcked = true;
  };
  gateway.receive({ ...upEvent(frameOf(DEVICE, 0)), qos: 1, retained: false, ack });
  const drained = gateway.drain();
  await eventually('a commit was asked for', () => commits > 0);
  await drained;
  return { isAcked, counts: refused.counts() };
}

test('a message whose change a closed store did not take is not acknowledged', async () => {
  expect(await hear(true)).toEqual({ isAcked: false, counts: {} });
});

test('one whose change can never be stored is counted and let go', async () => {
  expect(await hear(false)).toMatchObject({ isAcked: true, counts: { not_storable: expect.any(Number) } });
});
