/** What an import makes of each device, on a page in German. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { isSaid } from '../../src/model/said.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { germanSaid, leftInEnglish } from '../support/german.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const KEY = '000102030405060708090a0b0c0d0e0f';
const [FIRST, SECOND, THIRD] = ['70b3d57ed0000001', '70b3d57ed0000002', '70b3d57ed0000003'];
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

test('what is missing of a new device, and why a known one is left alone, has words there', async () => {
  const { importFile } = createDeviceImportService({ store, codecs: () => ['raw'] });
  store.devices.put({ devEui: THIRD, name: 'Theirs', codec: 'raw', origin: 'chirpstack' });
  const session = `01020304,${KEY},${KEY}`;
  const file = [
    'dev_eui,dev_addr,nwk_s_key,app_s_key,codec,app_key,mac_version,dev_nonces',
    `${FIRST},${session},"a ""codec""",,,`,
    `${SECOND},${session},raw,${KEY},1.0.4,`,
    `${THIRD},,,,,,,`,
    `70b3d57ed0000004,,,,raw,${KEY},1.0.3,"[1,2,3]"`,
    '70b3d57ed0000005,,,,raw,,,',
  ].join('\n');
  const { created, skipped, problems } = await importFile(file);
  expect(problems).toEqual([]);
  const notes = [...created, ...skipped];
  expect(notes.map(({ note }) => note)).toEqual([
    'no codec is called "a \\"codec\\"": its bytes are kept until there is one',
    `${FIRST} has the same DevAddr and keys: frames of both are taken for those of one; it has no JoinEUI and may join under any; the file does not say its last JoinNonce: it may refuse to join again until ours is above it`,
    'it has no JoinEUI and may join under any; of its 3 DevNonces the greatest is kept, which is asked for from LoRaWAN 1.0.4 on',
    'it has no key yet and cannot be heard',
    'is managed by the ChirpStack of this site',
  ]);
  expect(notes.every(({ said }) => isSaid(said))).toBe(true);
  expect(await leftInEnglish(notes)).toEqual([]);
  expect(await germanSaid(created[3]?.said ?? [])).toBe(
    'hat noch keinen Schlüssel und lässt sich nicht hören',
  );
  const again = await importFile(file);
  expect(again.skipped.map(({ note }) => note)).toContain('is the same already');
  expect(await leftInEnglish(again.skipped)).toEqual([]);
});
