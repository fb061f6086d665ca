/** Secrets of the settings, and keys of devices, with a whole box: no answer to a GET, whoever asks, has any of them in it. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SETTINGS } from '../../src/config/schema.ts';
import { type ApplianceProcess, startAppliance, writeSettings } from '../support/appliance-process.ts';
import { freePort, temporaryFolder } from '../support/process.ts';

const DEVICES = ['70b3d57ed0000001', '70b3d57ed0000002'] as const;
const word = (name: string) => `marker-of-${name}`;
const hex = (digit: string) => `${digit.repeat(15)}0123456789abcdef0`;

const SECRETS = {
  'mqtt.password': word('mqtt'),
  'influx.token': word('influx'),
  'centre.password': word('centre'),
  'centre.sentinel_password': word('sentinel'),
  'backup.s3_secret_key': word('bucket'),
  'notify.smtp_password': word('mail'),
  'webhooks.url': `http://127.0.0.1:1/${word('hook')}`,
  'webhooks.secret': word('signature'),
  'tracing.authorization': word('tracing'),
  'devices.nwk_s_key': hex('a'),
  'devices.app_s_key': hex('b'),
  'devices.app_key': hex('c'),
} as const;

const folder = temporaryFolder();
let box: ApplianceProcess;

beforeAll(async () => {
  const port = await freePort();
  const file = writeSettings(folder.path, {
    http: { port, host: '127.0.0.1' },
    store: { dir: join(folder.path, 'data') },
    mqtt: {
      mode: 'external',
      url: 'mqtt://127.0.0.1:1',
      username: 'box',
      password: SECRETS['mqtt.password'],
    },
    influx: { url: 'http://127.0.0.1:1', org: 'o', bucket: 'b', token: SECRETS['influx.token'] },
    centre: {
      sentinels: ['127.0.0.1:1'],
      master_name: 'centre',
      username: 'hill',
      password: SECRETS['centre.password'],
      sentinel_password: SECRETS['centre.sentinel_password'],
    },
    backup: {
      s3_url: 'http://127.0.0.1:1/bucket',
      s3_access_key: 'key',
      s3_secret_key: SECRETS['backup.s3_secret_key'],
    },
    notify: {
      smtp_host: '127.0.0.1',
      smtp_port: 1,
      smtp_security: 'none',
      smtp_username: 'box',
      smtp_password: SECRETS['notify.smtp_password'],
      from: 'box@site.example',
    },
    webhooks: [{ name: 'night', url: SECRETS['webhooks.url'], secret: SECRETS['webhooks.secret'] }],
    tracing: { endpoint: 'http://127.0.0.1:1/v1/traces', authorization: SECRETS['tracing.authorization'] },
    devices: [
      {
        ...{ dev_eui: DEVICES[0], dev_addr: '26011f22' },
        ...{ nwk_s_key: SECRETS['devices.nwk_s_key'], app_s_key: SECRETS['devices.app_s_key'] },
      },
      { dev_eui: DEVICES[1], join_eui: '0000000000000000', app_key: SECRETS['devices.app_key'] },
    ],
  });
  box = await startAppliance(file, port);
}, 60_000);
afterAll(async () => {
  await box?.stop();
  folder.remove();
});

/** By path, those in tables as `devices.app_key`. */
function secretPaths(): string[] {
  return SETTINGS.flatMap(({ path, doc, kind }) => {
    if (kind.type === 'tables')
      return kind.fields.filter((field) => field.doc.secret).map(({ key }) => `${path}.${key}`);
    return doc.secret ? [path] : [];
  });
}

test('all secrets there are, are looked for', () => {
  // Not beside Sentinels, which have passwords of their own.
  const wanted = secretPaths().filter((path) => path !== 'centre.url');
  expect(Object.keys(SECRETS).sort()).toEqual(wanted.sort());
});

test('no answer has one', async () => {
  const { paths } = await box.get<{ paths: Record<string, { get?: object }> }>('/api/v1/openapi.json');
  const asked = Object.keys(paths).filter((path) => paths[path]?.get);
  const texts: string[] = [];
  for (const path of asked) {
    if (path === '/api/v1/events') continue;
    const names = path.includes('{devEui}') ? DEVICES : ['x'];
    for (const name of names) {
      const answer = await fetch(box.url + path.replace(/\{\w+\}/g, name));
      texts.push(`${path}: ${answer.status} ${await answer.text()}`);
    }
  }
  expect(texts.filter((text) => text.includes(': 200 ')).length).toBeGreaterThan(30);
  for (const [path, secret] of Object.entries(SECRETS))
    expect(
      texts.filter((text) => text.toLowerCase().includes(secret.toLowerCase())),
      path,
    ).toEqual([]);
}, 60_000);
