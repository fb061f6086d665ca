/** Backups, uploads and restoring over the API. */
import { describe, expect, test } from 'vitest';
import type { RestoreState } from '../../src/model/care.ts';
import { tell } from '../../src/model/said.ts';
import { createUploads } from '../../src/ops/uploads.ts';
import { makeApi } from '../support/api.ts';
import { DEFAULTS } from '../support/config.ts';
import { germanSaid } from '../support/german.ts';
import { idleServices } from '../support/idle-services.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const idle = idleServices();
const CONTENTS = { epoch: 2, records: 67, oldestMs: 0, newestMs: 86_400_000, devices: 3, hasLog: true };

describe('backups', () => {
  test('are listed with what they hold, and one that is being made', async () => {
    const { ask } = makeApi({
      backups: {
        ...idle.backups,
        list: async () => ({
          folder: '/media/stick',
          backups: [
            { name: 'a-1', madeMs: 0, note: { bytes: 5, version: '0.1.0', left: [], contents: CONTENTS } },
            { name: 'a-0', madeMs: 0 },
          ],
        }),
        making: async () => ({ startedMs: 0, bytes: 1, ofBytes: 2 }),
      },
    });
    const { json } = await ask('/api/v1/backups');
    expect(json).toMatchObject({
      folder: '/media/stick',
      schedule: { at: '02:17' },
      making: { started: '1970-01-01T00:00:00.000Z', bytes: 1, ofBytes: 2 },
      items: [
        { name: 'a-1', bytes: 5, contents: { records: 67, newest: '1970-01-02T00:00:00.000Z' } },
        { name: 'a-0', made: '1970-01-01T00:00:00.000Z' },
      ],
    });
    expect(json.items[1]).not.toHaveProperty('bytes');
  });

  test('of the settings only when and how many is told: the section has the secret of the bucket in it', async () => {
    const schedule = { ...DEFAULTS.backup, s3AccessKey: 'AKID', s3SecretKey: 'secret of the bucket' };
    const { ask } = makeApi({ backups: { ...idle.backups, schedule, begin: () => 'begun' } });
    for (const method of ['GET', 'POST']) {
      const { json } = await ask('/api/v1/backups', { method });
      expect(Object.keys(json.schedule).sort()).toEqual([
        'at',
        'enabled',
        'keepDaily',
        'keepMonthly',
        'keepWeekly',
      ]);
      expect(JSON.stringify(json)).not.toContain('secret of the bucket');
    }
  });

  test('why they cannot be listed is told in words and by keys', async () => {
    const { detail, said } = tell('backup.noAnswer');
    const list = async () => ({ folder: '/media/stick', backups: [], problem: detail, said });
    const { json } = await makeApi({ backups: { ...idle.backups, list } }).ask('/api/v1/backups');
    expect(json).toMatchObject({
      items: [],
      problem: detail,
      said: [{ key: 'backup.noAnswer', values: {} }],
    });
    expect(await germanSaid(json.said)).toMatch(/^der Ordner der Sicherungen antwortet nicht/);
  });

  test('one more is begun, or it is said why not', async () => {
    const begin = async (answer: 'begun' | 'busy' | 'off') =>
      (
        await makeApi({ backups: { ...idle.backups, begin: () => answer } }).ask('/api/v1/backups', {
          method: 'POST',
        })
      ).status;
    expect(await Promise.all((['begun', 'busy', 'off'] as const).map(begin))).toEqual([202, 409, 409]);
  });

  test('one comes as a file of a known length; others wait until it has gone', async () => {
    async function* pieces() {
      yield Buffer.from('abc');
    }
    const send = async (name: string) =>
      name === 'a-1' ? { name: 'a-1.tar', size: 3, pieces: pieces() } : undefined;
    const { ask } = makeApi({ backups: { ...idle.backups, send } });
    const { headers } = await ask('/api/v1/backups/a-1/file', { method: 'HEAD' });
    expect(headers).toMatchObject({
      'content-length': '3',
      'content-type': 'application/x-tar',
      'content-disposition': 'attachment; filename="a-1.tar"',
    });
    expect((await ask('/api/v1/backups/a-2/file')).status).toBe(404);
  });
});

describe('restoring', () => {
  const at = (state: RestoreState, more = {}) =>
    makeApi({ restoring: { ...idle.restoring, state: () => state, ...more } });

  test('says what the backup holds and what it would replace', async () => {
    const preview = {
      ...{ problems: [], madeMs: 0, version: '0.1.0', site: 'hill', bytes: 5, contents: CONTENTS },
      ...{ hasUsers: true, hasKey: false, objection: undefined },
    };
    const ready = { kind: 'ready', id: 'x', name: 'a-1' } as const;
    const { json } = await at({ ...ready, preview: { ...preview, here: CONTENTS } }).ask('/api/v1/restore');
    expect(json).toMatchObject({ state: 'ready', id: 'x', preview: { site: 'hill', here: { records: 67 } } });
    const broken = await at({
      ...ready,
      preview: { ...preview, here: tell('restore.damaged', { name: 'edge.db' }) },
    }).ask('/api/v1/restore');
    expect(broken.json.preview).toMatchObject({
      hereProblem: { detail: 'edge.db is damaged', said: [{ key: 'restore.damaged' }] },
    });
    expect(broken.json.preview).not.toHaveProperty('here');
  });

  test('tells how the last one ended', async () => {
    const problems = [tell('restore.damaged', { name: 'edge.db' })];
    const last = () => ({ name: 'a-1', endedMs: 0, problems });
    const { json } = await at({ kind: 'idle' }, { last }).ask('/api/v1/restore');
    expect(json).toEqual({
      state: 'idle',
      last: { name: 'a-1', ended: '1970-01-01T00:00:00.000Z', problems },
    });
  });

  test('is refused in words, and bodies are checked', async () => {
    const { ask } = makeApi();
    const post = (path: string, body: unknown) => ask(`/api/v1/restore${path}`, { method: 'POST', body });
    expect(await post('', { id: 'x' })).toMatchObject({
      status: 409,
      json: tell('restore.gone'),
    });
    expect((await post('/preview', { backup: 'a-1' })).status).toBe(404);
    for (const body of [{}, { backup: 1 }, { upload: 'x', backup: 'y' }])
      expect((await post('/preview', body)).status).toBe(422);
  });
});

describe('uploads', () => {
  test('go in by pieces of a megabyte at most, and on where they were cut off', async () => {
    const folder = temporaryFolder();
    try {
      const world = createTestWorld();
      const uploads = createUploads({ dir: `${folder.path}/uploads`, reserveBytes: 0, world });
      await uploads.start();
      const { ask } = makeApi({ uploads });
      const body = { kind: 'update', name: 'webscada-edge', size: 1_500_000 };
      const { status, json } = await ask('/api/v1/uploads', { method: 'POST', body });
      expect({ status, json }).toMatchObject({ status: 201, json: { received: 0, size: 1_500_000 } });
      const url = `/api/v1/uploads/${json.id}`;
      const put = (offset: number, text: string) =>
        ask(`${url}?offset=${offset}`, {
          method: 'PUT',
          body: text,
          headers: { 'content-type': 'application/octet-stream' },
        });
      expect(await put(0, 'x'.repeat(1_048_576))).toMatchObject({
        status: 200,
        json: { received: 1_048_576 },
      });
      expect(await put(0, 'x')).toMatchObject({ status: 409, json: { received: 1_048_576 } });
      expect((await put(1_048_576, 'x'.repeat(1_048_577))).status).toBe(413);
      expect((await ask(url)).json.received).toBe(1_048_576);
      expect((await put(1_048_576, 'x'.repeat(451_425))).status).toBe(422);
      expect((await ask(url)).status).toBe(404);
      expect((await ask(url, { method: 'DELETE' })).status).toBe(404);
      const tooLarge = { ...body, size: 1e12 };
      expect((await ask('/api/v1/uploads', { method: 'POST', body: tooLarge })).status).toBe(507);
      await uploads.stop();
    } finally {
      folder.remove();
    }
  });
});
