/** Sealed texts: open again at their place, with their key, unchanged; the key file. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openSecrets } from '../../../src/store/tables/secrets.ts';
import { temporaryFolder } from '../../support/process.ts';

const folder = temporaryFolder();
const file = join(folder.path, 'keys', 'device.key');
afterEach(() => rmSync(join(folder.path, 'keys'), { recursive: true, force: true }));

test('a sealed text opens at its place and nowhere else, and looks different each time', () => {
  const secrets = openSecrets(file, false);
  const sealed = secrets.seal('98929b92c49edba9', 'app_key 1');
  expect(sealed).not.toContain('98929b92');
  expect(secrets.open(sealed, 'app_key 1')).toBe('98929b92c49edba9');
  expect(secrets.open(sealed, 'app_key 2')).toBeUndefined();
  expect(secrets.seal('98929b92c49edba9', 'app_key 1')).not.toBe(sealed);
});

test('a changed text, another key or no sealed text at all opens to nothing', () => {
  const secrets = openSecrets(file, false);
  const sealed = secrets.seal('key', 'place');
  for (let at = 0; at < sealed.length; at++) {
    const other = sealed[at] === 'A' ? 'B' : 'A';
    const bent = sealed.slice(0, at) + other + sealed.slice(at + 1);
    // The last digit of base64 has bits that mean nothing.
    if (at < sealed.length - 1) expect(secrets.open(bent, 'place')).toBeUndefined();
  }
  for (const text of ['', 's1.', 's1.AAAA', 'plain']) expect(secrets.open(text, 'place')).toBeUndefined();
  rmSync(file);
  expect(openSecrets(file, false).open(sealed, 'place')).toBeUndefined();
});

test('the key file is made once, for its owner; a missing or a wrong one is said plainly', () => {
  openSecrets(file, false);
  const key = readFileSync(file, 'utf8');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  openSecrets(file, true);
  expect(readFileSync(file, 'utf8')).toBe(key);
  rmSync(file);
  expect(() => openSecrets(file, true)).toThrow(/key file .* is missing.*put it back/);
  writeFileSync(file, 'no key');
  expect(() => openSecrets(file, false)).toThrow(/is no key file/);
});
