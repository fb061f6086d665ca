/** A box with a log, backups and a restore in the middle, for tests that look at its pages. */
import { tell } from '../../src/model/said.ts';
import { createLogMemory, type LogMemory } from '../../src/ops/log-memory.ts';
import { createLogger } from '../../src/ops/logger.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { idleCare } from './idle-care.ts';

const CONTENTS = {
  epoch: 2,
  records: 184_022,
  oldestMs: Date.UTC(2025, 10, 2),
  newestMs: Date.UTC(2026, 0, 1, 2, 17),
  devices: 14,
  hasLog: true,
};

/** Speaks as a box does in its first minutes. */
function talk(logs: LogMemory): void {
  const log = createLogger({ level: 'debug', format: 'json', write: () => {}, keep: logs.add });
  log.info('appliance.started', { url: 'https://box:8080/', site: 'north-hill' });
  log.warn('access.login_failed', { name: 'vic', address: '10.0.0.7' });
  log.info('gateway.online', { gateway: '0016c001ff10a235' });
  log.warn('mqtt.down', { detail: 'connect ECONNREFUSED 127.0.0.1:1883', hint: 'is the broker running?' });
  log.warn('message.refused', { reason: 'wrong_mic', gateway: '0016c001ff10a235', count: 412 });
  log.error('influx.down', {
    detail: 'InfluxDB refuses the token',
    hint: 'make a token that may write the bucket',
  });
  log.debug('http.handshake_failed', { error: 'ECONNRESET' });
  log.info('nobody.knows_this', { a: 1, long: 'x'.repeat(300) });
}

export function furnishCare(): Pick<
  Services,
  'logs' | 'backups' | 'restoring' | 'uploads' | 'support' | 'updates'
> {
  const idle = idleCare();
  const logs = createLogMemory();
  talk(logs);
  const note = { bytes: 51_204_113, version: '0.1.0', left: [], contents: CONTENTS };
  return {
    ...idle,
    logs,
    updates: {
      ...idle.updates,
      state: () => ({
        ...{ place: { kind: 'system' }, version: '0.1.0', commit: 'dff43cb00000', arch: 'x64' },
        canCheck: true,
        candidate: {
          ...{ version: '0.2.0', commit: 'aad4a2f00000', arch: 'x64', size: 121_000_000, order: 1 },
          sha256: '5f'.repeat(32),
          file: '/var/lib/webscada-edge/update/webscada-edge',
        },
        last: {
          kind: 'taken_back',
          from: '0.1.0',
          to: '0.1.9',
          reason: 'the service does not run',
          endedMs: 0,
        },
      }),
    },
    support: {
      ...idle.support,
      names: ['about.json', 'settings.toml', 'log.ndjson'],
      text: async (name) => `${name}\n${'a line '.repeat(40)}\n`,
    },
    backups: {
      ...idle.backups,
      list: async () => ({
        folder: '/var/lib/webscada-edge/backups',
        backups: [
          { name: 'north-hill-20260101T021700Z', madeMs: Date.UTC(2026, 0, 1, 2, 17), note },
          {
            name: 'north-hill-20251231T021700Z',
            madeMs: Date.UTC(2025, 11, 31, 2, 17),
            note: { ...note, left: ['edge.db'], contents: { ...CONTENTS, hasLog: false, records: 0 } },
          },
          { name: 'north-hill-20251230T021700Z', madeMs: Date.UTC(2025, 11, 30, 2, 17) },
        ],
      }),
    },
    restoring: {
      ...idle.restoring,
      last: () => ({
        name: 'north-hill-20251231T021700Z',
        endedMs: Date.UTC(2026, 0, 1),
        problems: [tell('restore.damaged', { name: 'edge.db' })],
      }),
      state: () => ({
        kind: 'ready',
        id: 'a',
        name: 'north-hill-20260101T021700Z.tar',
        preview: {
          problems: [],
          madeMs: Date.UTC(2026, 0, 1, 2, 17),
          version: '0.1.0',
          site: 'north-hill',
          bytes: 51_204_113,
          contents: CONTENTS,
          hasUsers: true,
          hasKey: false,
          here: { ...CONTENTS, newestMs: Date.UTC(2026, 0, 2), records: 190_000 },
          objection: undefined,
        },
      }),
    },
  };
}
