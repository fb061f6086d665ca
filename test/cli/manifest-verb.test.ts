/** `manifest` on the command line: what it prints, which files it makes, and how it tells what is wrong. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { runCli } from '../../src/cli/run-cli.ts';
import { temporaryFolder } from '../support/process.ts';

const SITE = '[site]\nid = "north-hill"\n[ingress]\nhost = "north-hill.example"\n';

describe('webscada-edge manifest', () => {
  let folder = temporaryFolder();
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  const run = async (text: string, ...args: readonly string[]) => {
    const site = join(folder.path, 'site.toml');
    writeFileSync(site, text);
    const printed = { out: '', err: '' };
    const code = await runCli(['manifest', '--site', site, ...args], {
      runAppliance: () => Promise.reject(new Error('not asked for')),
      stdout: { write: (text: string) => (printed.out += text) },
      stderr: { write: (text: string) => (printed.err += text) },
      env: {},
      version: '1.2.3',
    });
    return { code, ...printed };
  };
  const secrets = () => join(folder.path, 'secrets.yaml');

  test('makes passwords once, readable by the owner alone, and uses them ever after', async () => {
    const first = await run(SITE, '--secret-values', secrets());
    expect(first.code).toBe(0);
    expect(statSync(secrets()).mode & 0o777).toBe(0o600);
    const passwords = [...readFileSync(secrets(), 'utf8').matchAll(/"(.{20,})"/g)].map(
      (match) => match[1] ?? '',
    );
    expect(new Set(passwords).size).toBe(4);
    for (const password of passwords) expect(first.out).toContain(password);
    for (const password of passwords) expect(first.err).not.toContain(password);
    const second = await run(SITE, '--secret-values', secrets());
    expect(second.out).toBe(first.out);
  });

  test('JSON and YAML hold the same objects, of this version of the program', async () => {
    const yaml = await run(SITE, '--secrets', 'external');
    const json = await run(SITE, '--secrets', 'external', '--format', 'json');
    const { items } = JSON.parse(json.out) as { items: unknown[] };
    const documents = parseAllDocuments(yaml.out, { version: '1.1' }).map((document) => document.toJS());
    expect(items).toEqual(documents);
    expect(yaml.out).toContain('image: localhost/webscada/webscada-edge:1.2.3\n');
  });

  test('tells where the description is wrong', async () => {
    const { code, out, err } = await run(
      `${SITE}hots = "x"\n[settings.gateway]\nregion = "EU86"\n`,
      '--secrets',
      'external',
    );
    expect([code, out]).toEqual([78, '']);
    expect(err).toContain('site.toml:5: ingress.hots is not a key of a site; did you mean `host`?');
  });

  test.each([
    ['[settings.gateway]\nregion = "EU86"', 'settings.gateway.region must be one of'],
    ['[settings.mqtt]\nurl = "mqtt://b"', 'settings.mqtt.url is set by the manifest'],
    [
      '[[settings.devices]]\ndev_eui = "70b3d57ed0000001"\napp_s_key = "00"',
      'settings.devices holds a secret',
    ],
    ['[settings.influx]\ntoken = "sesame"', 'settings.influx.token holds a secret'],
  ])(
    'settings the appliance would refuse, or that do not belong here, are told: %s',
    async (text, message) => {
      const { code, err } = await run(`${SITE}${text}\n`, '--secrets', 'external');
      expect(code).toBe(78);
      expect(err).toContain(message);
      expect(err).not.toContain('sesame');
    },
  );

  test.each<[string, string, string]>([
    ['centre', 'the centre', '[centre]\nenabled = true\nurl = "rediss://c.example:6380"\n'],
    [
      'mqtt',
      'the broker',
      '[mosquitto]\nenabled = false\n[bridge]\nenabled = false\n[broker]\nurl = "mqtt://b.example:1883"\nports = [1883]\n',
    ],
  ])('O16: makes the file and leaves a place for %s, which only %s knows', async (name, whose, more) => {
    const first = await run(SITE + more, '--secret-values', secrets());
    expect([first.code, first.out]).toEqual([78, '']);
    expect(first.err).toContain(`what cannot be made up, then run this again: ${name} (`);
    expect(first.err).toContain(whose);
    expect(statSync(secrets()).mode & 0o777).toBe(0o600);
    const again = await run(SITE + more, '--secret-values', secrets());
    expect(again).toMatchObject({ code: 78, err: expect.stringContaining(`for: ${name}`) });
    const text = readFileSync(secrets(), 'utf8');
    writeFileSync(secrets(), text.replace(`${name}: ""`, `${name}: "of-theirs"`));
    const filled = await run(SITE + more, '--secret-values', secrets());
    expect(filled).toMatchObject({ code: 0, err: '', out: expect.stringContaining('of-theirs') });
  });

  test('O14: what a cluster without the Prometheus operator refuses can be left out, or had alone', async () => {
    const kinds = async (part: string): Promise<string[]> => {
      const text = `${SITE}[monitoring]\nenabled = true\n`;
      const { out } = await run(text, '--secrets', 'external', '--part', part);
      return parseAllDocuments(out).map((document) => String(document.get('kind')));
    };
    const [all, site, monitoring] = [await kinds('all'), await kinds('site'), await kinds('monitoring')];
    expect(monitoring).toEqual(['ServiceMonitor', 'PrometheusRule']);
    expect(site).not.toContain('ServiceMonitor');
    expect([...site, ...monitoring].sort()).toEqual([...all].sort());
    expect(await run(SITE, '--part', 'none')).toMatchObject({ code: 2 });
  });

  test('O20: --output takes the place of a file that others could read, for its owner alone', async () => {
    const file = join(folder.path, 'site.yaml');
    writeFileSync(file, 'old', { mode: 0o644 });
    const given = ['--secret-values', secrets(), '--output', file];
    expect(await run(SITE, ...given)).toMatchObject({ code: 0, out: '' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toBe((await run(SITE, '--secret-values', secrets())).out);
    const nowhere = await run(SITE, '--secret-values', secrets(), '-o', join(folder.path, 'none/site.yaml'));
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining('cannot be written') });
  });

  test('a missing value is named', async () => {
    writeFileSync(secrets(), 'mqtt: a\nbridge: b\n');
    const { code, err } = await run(SITE, '--secret-values', secrets());
    expect(code).toBe(78);
    expect(err).toContain('wants a text of one line for: influx_admin, influx_token');
  });

  test.each([
    [['--secrets', 'plain'], '--secret-values FILE'],
    [['--format', 'xml'], '--format must be yaml or json'],
  ])('wrong use is told: %s', async (args, message) => {
    const { code, err } = await run(SITE, ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
