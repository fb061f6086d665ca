/** What the centre may change of a site's settings, and what it never may, whatever the site says. */
import { describe, expect, test } from 'vitest';
import { isForCommands, problemOfEntry, whyNotByCommand } from '../../src/config/command-settings.ts';
import { SETTINGS } from '../../src/config/schema.ts';
import { load } from '../support/settings.ts';

const EVERYTHING = [...new Set(SETTINGS.map(({ section }) => section))];

describe('whatever the site allows', () => {
  test('these are never changed by a command', () => {
    const never = SETTINGS.filter((setting) => !isForCommands(setting)).map(({ path }) => path);
    expect(never.sort()).toEqual(
      [
        ...SETTINGS.filter(({ section }) => section === 'access').map(({ path }) => path),
        ...SETTINGS.filter(({ doc }) => doc.secret === true).map(({ path }) => path),
        'centre.commands',
        'centre.command_settings',
        'devices',
        'store.dir',
        'store.key_file',
        'updates.url',
        'webhooks',
      ].sort(),
    );
    for (const path of never) expect(whyNotByCommand(path, 'x', [...EVERYTHING, path])).toContain('never');
  });

  test('a password in an address goes by no command', () => {
    const why = (value: unknown) => whyNotByCommand('centre.url', value, ['centre']);
    expect(why('rediss://site:secret@centre')).toContain('password');
    expect(why('rediss://site@centre')).toContain('password');
    expect(why('rediss://centre')).toBeUndefined();
    expect(why(null)).toBeUndefined();
  });
});

test('a path or its section is allowed, and nothing else', () => {
  expect(whyNotByCommand('influx.org', 'x', ['influx'])).toBeUndefined();
  expect(whyNotByCommand('influx.org', 'x', ['influx.org'])).toBeUndefined();
  expect(whyNotByCommand('influx.org', 'x', ['influx.bucket', 'infl', 'log', 'org'])).toContain('is not in');
  expect(whyNotByCommand('influx.token', 'x', ['influx'])).toContain('never');
  expect(whyNotByCommand('no.such', 'x', EVERYTHING)).toContain('not a setting');
});

test.each([
  ['influx', undefined],
  ['influx.org', undefined],
  ['influx.token', 'no command'],
  ['access', 'no command'],
  ['centre.commands', 'no command'],
  ['infux', 'neither'],
])('an entry %s of the list', (entry, problem) => {
  if (problem === undefined) expect(problemOfEntry(entry)).toBeUndefined();
  else expect(problemOfEntry(entry)?.detail).toContain(problem);
});

test('a list that names what cannot be is a problem of the settings', async () => {
  const result = await load({ files: { 'a.json': '{"centre": {"command_settings": ["access", "log"]}}' } });
  expect(result.ok ? [] : result.problems.map(({ path }) => path)).toEqual(['centre.command_settings']);
});
