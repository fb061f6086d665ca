/** What doctor says of the broker from settings alone. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { brokerFindings } from '../../src/ops/broker-findings.ts';
import { DEFAULTS } from '../support/config.ts';
import { temporaryFolder } from '../support/process.ts';
import { fileError } from '../support/settings.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder.path, 'conf.d'));
});
afterEach(() => folder.remove());
const findings = (changes: Partial<typeof DEFAULTS.mqtt>) =>
  brokerFindings({ ...DEFAULTS.mqtt, ...changes }, folder.path);
const beside = { mode: 'external', url: 'mqtt://127.0.0.1:1883' } as const;

it('MAXQ: warns of a Mosquitto on this machine that keeps 1 000 messages for us, as Debian delivers it', () => {
  expect(findings(beside)).toEqual([]);
  writeFileSync(
    join(folder.path, 'mosquitto.conf'),
    'persistence true\nset_tcp_nodelay true\ninclude_dir /etc/mosquitto/conf.d\n',
  );
  expect(findings(beside)).toMatchObject([
    {
      level: 'warning',
      text: expect.stringContaining('1000'),
      hint: expect.stringContaining('max_queued_messages 0'),
    },
  ]);
  expect(findings({ ...beside, url: 'mqtt://broker.example:1883' })).toEqual([]);
  const own = join(folder.path, 'conf.d', 'webscada-edge.conf');
  for (const [line, count] of [
    ['# max_queued_messages 0', 1],
    ['max_queued_messages 100', 1],
    ['max_queued_messages 0', 0],
    ['max_queued_messages 50000', 0],
  ] as const) {
    writeFileSync(own, `${line}\n`);
    expect(findings(beside)).toHaveLength(count);
  }
});

it('tells of a Mosquitto on this machine that holds small packets back, which is no fault', () => {
  const main = join(folder.path, 'mosquitto.conf');
  const own = join(folder.path, 'conf.d', 'webscada-edge.conf');
  writeFileSync(main, 'max_queued_messages 0\n');
  const told = [{ what: 'broker', level: 'ok', hint: expect.stringContaining('set_tcp_nodelay true') }];
  expect(findings(beside)).toMatchObject(told);
  for (const [line, expected] of [
    ['# set_tcp_nodelay true', told],
    ['set_tcp_nodelay false', told],
    ['set_tcp_nodelay true', []],
  ] as const) {
    writeFileSync(own, `${line}\n`);
    expect(findings(beside)).toMatchObject(expected);
  }
  writeFileSync(own, '');
  expect(findings({ ...beside, url: 'mqtt://broker.example:1883' })).toEqual([]);
});

it('S4: doctor and config validate say that the embedded broker is open to the network', async () => {
  expect(findings({ embeddedHost: '127.0.0.1' })).toEqual([]);
  for (const embeddedHost of ['0.0.0.0', '::', '192.168.1.5']) {
    expect(findings({ embeddedHost })).toMatchObject([
      { what: 'network', text: expect.stringContaining('open to the network and not encrypted') },
    ]);
    const loaded = await loadConfig({
      env: {},
      flags: [`mqtt.embedded_host=${embeddedHost}`],
      readFile: () => Promise.reject(fileError('ENOENT')),
      listFolder: () => Promise.resolve([]),
    });
    expect(loaded).toMatchObject({ ok: true, warnings: [{ path: 'mqtt.embedded_host' }] });
  }
});
