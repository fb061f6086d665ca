/** The verbs of the device catalogue, on the folder of a store: import, list, show, and what they say when something is wrong. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { THINGS, writeArchive } from '../support/catalogue-files.ts';
import { temporaryFolder } from '../support/process.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function cli(...argv: string[]) {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  const code = await runCli(
    [...argv, '--set', `store.dir=${folder.path}`, '--set', 'store.reserve_bytes=0'],
    {
      runAppliance: async () => 0,
      ...{ stdout: { write }, stderr: { write }, env: {}, version: '0.0.0' },
    },
  );
  return { code, text };
}

test('a file is brought in, its models are listed and shown', async () => {
  expect(await cli('catalogue', 'list')).toEqual({
    code: 1,
    text: 'webscada-edge: there is no device catalogue on this box: webscada-edge catalogue import FILE brings one\n',
  });
  const file = writeArchive(join(folder.path, 'makers.tar.gz'), THINGS);
  expect(await cli('catalogue', 'import', file)).toEqual({
    code: 0,
    text: '2 models of 1 vendors, 1 codecs\n',
  });
  expect((await cli('catalogue', 'list', 'valve', 'acme')).text).toBe(
    'ttn/acme/valve  ACME Sensors Valve 100  (EU868 US915)\n',
  );
  expect((await cli('catalogue', 'list', 'nothing')).text).toBe('no model fits\n');
  const shown = await cli('catalogue', 'show', 'ttn/acme/valve');
  expect(shown.text).toContain(
    '  EU868, firmware 2.0, LoRaWAN 1.0.3 RP001-1.0.3-RevA, class C, joins, codec valve-codec\n',
  );
  expect(shown.text).toContain('Licence of the collection: Apache License 2.0');
  const json = JSON.parse((await cli('catalogue', 'show', 'ttn/acme/valve', '--json')).text);
  expect(json.codecs[0].source).toContain('decodeUplink');
  expect((await cli('catalogue', 'show', 'ttn/acme/none')).code).toBe(1);
  expect((await cli('catalogue', 'show', 'valve')).code).toBe(2);
});

test('files that cannot be read are named, and a file that is none is refused', async () => {
  const spoilt = THINGS.map((entry) =>
    entry.path.endsWith('probe.yaml') ? { ...entry, text: 'a: [' } : entry,
  );
  const some = await cli('catalogue', 'import', writeArchive(join(folder.path, 'some.tgz'), spoilt));
  expect(some.code).toBe(3);
  expect(some.text).toMatch(/^1 models of 1 vendors, 1 codecs\nvendor\/acme\/probe\.yaml: /);
  const none = join(folder.path, 'none');
  writeFileSync(none, 'x'.repeat(1_000));
  expect(await cli('catalogue', 'import', none)).toEqual({
    code: 1,
    text: `webscada-edge: ${none} was not taken: it is no tar archive, or a damaged one\n`,
  });
  expect((await cli('catalogue', 'import', join(folder.path, 'missing'))).code).toBe(2);
  expect((await cli('catalogue', 'import')).code).toBe(2);
});
