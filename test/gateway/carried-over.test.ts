/** Devices that come from another network server with a running session, and go on as if nothing had happened. */
import { expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { createLorawanDevice } from '../support/lorawan-device.ts';
import { ABP, createNetworkStory, KEYS, payloadOf } from '../support/network-story.ts';

const net = createNetworkStory();

/** As The Things Stack exports it, shortened. */
const EXPORTED = {
  ids: { device_id: 'tank', dev_eui: KEYS.devEui, join_eui: KEYS.joinEui },
  lorawan_version: 'MAC_V1_0_4',
  frequency_plan_id: 'EU_863_870_TTN',
  root_keys: { app_key: { key: KEYS.appKey } },
  mac_settings: { resets_f_cnt: true },
  mac_state: {
    current_parameters: {
      rx1_delay: 'RX_DELAY_5',
      rx2_data_rate_index: 'DATA_RATE_3',
      rx2_frequency: '869525000',
    },
  },
  session: {
    dev_addr: ABP.devAddr,
    keys: { f_nwk_s_int_key: { key: ABP.nwkSKey }, app_s_key: { key: ABP.appSKey } },
    last_f_cnt_up: 99,
    last_n_f_cnt_down: 41,
  },
  last_join_nonce: 40,
  last_dev_nonce: 20,
};

async function importInto(file: unknown) {
  const store = net.newSite().store();
  const { importFile } = createDeviceImportService({ store, codecs: () => ['raw'] });
  const { problems } = await importFile(JSON.stringify(file));
  expect(problems).toEqual([]);
}

function running() {
  const device = createLorawanDevice({ ...KEYS, region: REGIONS.EU868, abp: ABP });
  device.skipTo(100);
  return device;
}

test('A15: the first answer has the next downlink counter and goes into the windows the device has', async () => {
  await importInto(EXPORTED);
  const device = running();
  const [down] = await net.site.exchange(device.uplink({ confirmed: true }));
  expect(
    down?.items.map(({ timing, modulation }) => ({
      ...timing,
      sf: modulation.kind === 'lora' && modulation.spreadingFactor,
    })),
  ).toMatchObject([
    { kind: 'delay', delayMs: 5_000 },
    { kind: 'delay', delayMs: 6_000, sf: 9 },
  ]);
  expect(device.receive(payloadOf(down))).toMatchObject({ ack: true, fCnt: 42 });
  expect(net.site.records('uplink').map(({ parsed }) => parsed.fCnt)).toEqual([100]);
  await net.site.pass(10_000);
  await net.site.crash();
  const [next] = await net.site.exchange(device.uplink({ confirmed: true }));
  expect(device.receive(payloadOf(next))).toMatchObject({ ack: true, fCnt: 43 });
  // What the device may do it may do here too.
  expect(net.site.store().devices.get(KEYS.devEui)?.link?.allowCounterReset).toBe(true);
});

test('A15: a file with a counter alone is enough, and one that is nonsense is told', async () => {
  await importInto({ devices: [{ devEui: KEYS.devEui, ...ABP, fCntUp: 100, fCntDown: 7 }] });
  const device = running();
  const [down] = await net.site.exchange(device.uplink({ confirmed: true }));
  expect(device.receive(payloadOf(down))?.fCnt).toBe(7);
  const { importFile } = createDeviceImportService({ store: net.site.store(), codecs: () => ['raw'] });
  const { problems } = await importFile(
    JSON.stringify({ dev_eui: KEYS.devEui, mac_settings: { rx1_delay: 'RX_DELAY_99' } }),
  );
  expect(problems[0]?.problem).toContain('the RX1 delay is not a number up to 15');
});

test('A16: joins go on after the nonces of the former server', async () => {
  await importInto(EXPORTED);
  const device = createLorawanDevice({ ...KEYS, region: REGIONS.EU868 });
  const requests = Array.from({ length: 22 }, () => device.joinRequest());
  const nth = (devNonce: number) => requests[devNonce] ?? device.joinRequest();
  expect(await net.site.exchange(nth(15))).toEqual([]);
  expect(await net.site.exchange(nth(20))).toEqual([]);
  expect(net.site.refused()).toEqual({ join_dev_nonce_not_greater: 2 });
  expect(await net.site.exchange(nth(21))).toHaveLength(1);
  expect(net.site.records('join').map(({ parsed }) => parsed.joinNonce)).toEqual([41]);
});
