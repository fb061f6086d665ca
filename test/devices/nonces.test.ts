/** Nonces in the files of other network servers: taken where the file has them, and told where that is not enough. */
import { expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { importDevices } from '../../src/devices/import.ts';
import { createNetworkStory } from '../support/network-story.ts';

const KEY = '000102030405060708090a0b0c0d0e0f';
const EUI = '0011223344556677';
const JOIN = 'aabbccddeeff0011';
const net = createNetworkStory();

const chirpstack = (keys: object, more: object = {}) =>
  JSON.stringify([
    { device: { devEui: EUI, joinEui: JOIN, name: 'Tank' }, deviceKeys: { nwkKey: KEY, ...keys }, ...more },
  ]);

test.each([
  ['a list', chirpstack({ devNonces: [5, 300, 7], joinNonce: 12 }), 300, 12, 3],
  [
    'a list by JoinEUI',
    chirpstack({ dev_nonces: { [JOIN]: [5, 9], '0000000000000002': [8] }, join_nonce: 12 }),
    9,
    12,
    3,
  ],
  ['an empty list', chirpstack({ devNonces: [], joinNonce: 0 }), undefined, 0, undefined],
  ['thousands', chirpstack({ devNonces: Array.from({ length: 5000 }, (_, n) => n) }), 4999, undefined, 5000],
  ['a list as text', chirpstack({ devNonces: '[1, 2]' }), 2, undefined, 2],
  ['a column of a database', `dev_eui,nwk_key,dev_nonces,join_nonce\n${EUI},${KEY},"{4,5}",6`, 5, 6, 2],
  [
    'a column of a newer one',
    `dev_eui;nwk_key;dev_nonces\n${EUI};${KEY};"{""${JOIN}"": [4, 65535]}"`,
    65_535,
    undefined,
    2,
  ],
])('ChirpStack’s nonces as %s', async (_, text, devNonce, joinNonce, usedNonces) => {
  const { entries, problems } = await importDevices(text);
  expect(problems).toEqual([]);
  expect(entries[0]?.carried?.devNonce).toBe(devNonce);
  expect(entries[0]?.carried?.joinNonce).toBe(joinNonce);
  expect(entries[0]?.usedNonces).toBe(usedNonces);
});

test('nonces that are none are told by device', async () => {
  const { entries, problems } = await importDevices(chirpstack({ devNonces: [1, 70_000] }));
  expect(entries).toEqual([]);
  expect(problems).toMatchObject([{ line: 1, problem: `${EUI}: a DevNonce is not a number up to 65535` }]);
});

test('what a file does not have, or only the last is kept of, is told by device', async () => {
  const { importFile } = createDeviceImportService({ store: net.newSite().store(), codecs: () => ['raw'] });
  const noteOf = async (text: string) => (await importFile(text, { dryRun: true })).created[0]?.note;
  const lists = 'of its 2 DevNonces the greatest is kept, which is asked for from LoRaWAN 1.0.4 on';
  expect(await noteOf(chirpstack({ devNonces: [1, 2] }))).toBe(lists);
  expect(await noteOf(chirpstack({ devNonces: [1, 2] }, { macVersion: '1.0.4' }))).toBeUndefined();
  const deviceActivation = { devAddr: '01020304', nwkSEncKey: KEY, appSKey: KEY, fCntUp: 5 };
  expect(await noteOf(chirpstack({}, { deviceActivation, macVersion: '1.0.4' }))).toContain(
    'does not say its last JoinNonce',
  );
  expect(
    await noteOf(chirpstack({ joinNonce: 4 }, { deviceActivation, macVersion: '1.0.4' })),
  ).toBeUndefined();
});
