/** The support bundle: no secret that is known or looks like one, bounded, whole when a part of it cannot be had, no file on the disk. */
import { describe, expect, test } from 'vitest';
import { createBoxSupport } from '../../src/appliance/support.ts';
import { createLogMemory } from '../../src/ops/log-memory.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { createSupport, type Support } from '../../src/ops/support/bundle.ts';
import { DEFAULTS } from '../support/config.ts';
import { unpacked } from '../support/unpacked.ts';

async function unpack(support: Support): Promise<Record<string, string>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of support.bundle()) pieces.push(piece);
  return unpacked(Buffer.concat(pieces));
}

const SECRETS = {
  mqtt: 'mqtt-PLANTED-1',
  influx: 'influx-PLANTED-2',
  redis: 'redis-PLANTED-3',
  url: 'url-PLANTED-4',
  appKey: 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf',
};

describe('the support bundle', () => {
  test('of a box whose every secret has got everywhere holds none of them', async () => {
    const logs = createLogMemory();
    const log = createLogger({ level: 'info', format: 'json', write: () => {}, keep: logs.add });
    const everything = Object.values(SECRETS).join(' and ');
    log.warn('influx.down', { detail: `refused: ${everything}` });
    const config = {
      ...DEFAULTS,
      mqtt: { ...DEFAULTS.mqtt, password: SECRETS.mqtt },
      influx: { ...DEFAULTS.influx, url: 'http://localhost:8086', token: SECRETS.influx },
      centre: {
        ...DEFAULTS.centre,
        url: `redis://site:${SECRETS.url}@centre:6379/0`,
        password: SECRETS.redis,
      },
    };
    const support = createBoxSupport({
      config,
      logs,
      nowMs: () => 0,
      ask: async (path) => ({ json: { path, said: everything, appKey: SECRETS.appKey } }),
      doctor: async () => [{ what: 'InfluxDB', text: everything }],
    });
    const files = await unpack(support);
    expect(Object.keys(files)).toEqual(support.names);
    expect(files['settings.toml']).toContain('[influx]');
    expect(files['status.json']).toContain('/api/v1/status');
    expect(files['log.ndjson']).toContain('influx.down');
    const all = JSON.stringify(files);
    for (const secret of Object.values(SECRETS)) expect(all).not.toContain(secret);
    expect(all).not.toContain('PLANTED');
    // What is looked at is what goes.
    expect(await support.text('log.ndjson')).toBe(files['log.ndjson']);
    expect(await support.text('../etc/passwd')).toBeUndefined();
  });

  test('is bounded, and has the rest where one file cannot be had', async () => {
    const support = createSupport(
      [
        { name: 'broken', make: async () => Promise.reject(new Error('the disk is full')) },
        { name: 'long', make: async () => 'x'.repeat(3_000_000) },
        { name: 'log', make: async () => `${'a\n'.repeat(900_000)}last\n`, keep: 'end' },
      ],
      [],
      () => 0,
    );
    const files = await unpack(support);
    expect(files.broken).toContain('the disk is full');
    expect(files.long?.length).toBeLessThan(1_000_010);
    expect(files.log?.endsWith('last\n')).toBe(true);
  });
});
