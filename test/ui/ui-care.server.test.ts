/** The pages of the care for the box in a real browser: its log as it comes, a backup put back from a file. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RestoreState } from '../../src/model/care.ts';
import { tell } from '../../src/model/said.ts';
import { createLogMemory } from '../../src/ops/log-memory.ts';
import { createLogger } from '../../src/ops/logger.ts';
import { createUploads } from '../../src/ops/uploads.ts';
import { createVisitor } from '../support/browser.ts';
import { furnishCare } from '../support/care-views.ts';
import { idleCare } from '../support/idle-care.ts';
import { describeWith, temporaryFolder } from '../support/process.ts';

/** Larger than two pieces of an upload. */
const FILE_BYTES = 1_200_000;

/** A tar archive as far as its first header. */
function backupFile() {
  const buffer = Buffer.alloc(FILE_BYTES);
  buffer.write('manifest.json', 0);
  buffer.write(`${(FILE_BYTES - 2_048).toString(8).padStart(11, '0')}\0`, 124);
  buffer.write('        0', 148);
  const sum = buffer.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  buffer.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return { name: 'north-hill.tar', mimeType: 'application/x-tar', buffer };
}

describeWith(['chromium'], 'the pages of the care for the box', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('the log says in words what happens, live, by level and part, and waits when it is told to', async () => {
    const logs = createLogMemory();
    const log = createLogger({ level: 'debug', format: 'json', write: () => {}, keep: logs.add });
    log.info('appliance.started');
    log.debug('http.handshake_failed', { error: 'ECONNRESET' });
    const { page, complaints, leave } = await visitor.visit(1, () => ({ logs }), '#/logs');
    const line = (words: string) => page.locator('.log-line', { hasText: words });
    await line('The box has started').waitFor();
    await expect.poll(() => line('broke off').count()).toBe(0);
    log.error('influx.down', { detail: 'InfluxDB refuses the token', hint: 'make another' });
    await line('InfluxDB: Down').waitFor();
    await expect
      .poll(() => line('InfluxDB: Down').textContent())
      .toContain('InfluxDB refuses the token.Make another.');
    await line('InfluxDB: Down').locator('summary').click();
    await page.locator('.written', { hasText: '"level": "error"' }).waitFor();
    await page.getByLabel('From').selectOption('everything');
    await line('broke off').waitFor();
    await page.getByLabel('Part').selectOption('InfluxDB');
    await line('The box has started').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Pause' }).click();
    log.error('influx.too_old');
    await page.getByText('new line waits').waitFor();
    await expect.poll(() => line('older than InfluxDB keeps').count()).toBe(0);
    await page.getByRole('button', { name: 'Go on' }).click();
    await line('older than InfluxDB keeps').waitFor();
    expect(complaints).toEqual([]);
    await leave();
  }, 60_000);

  test('a backup from a file: brought in pieces, looked at, and put in place by the second touch only', async () => {
    const folder = temporaryFolder();
    const asked: string[] = [];
    const ready = furnishCare().restoring.state() as RestoreState & { kind: 'ready' };
    let state: RestoreState = { kind: 'idle' };
    const { page, leave } = await visitor.visit(
      1,
      ({ deps: { world } }) => ({
        uploads: createUploads({ dir: join(folder.path, 'uploads'), reserveBytes: 0, world }),
        restoring: {
          ...idleCare().restoring,
          state: () => state,
          async preview(source) {
            asked.push('upload' in source ? 'upload' : source.backup);
            state = {
              ...ready,
              preview: { ...ready.preview, objection: tell('restore.noRecords', { dir: '/d', here: 7 }) },
            };
            return 'begun';
          },
          restore(id, allowEmpty) {
            asked.push(`restore ${id} ${allowEmpty}`);
            state = { kind: 'restarting', name: ready.name };
            return undefined;
          },
        },
      }),
      '#/backup',
    );
    await page.locator('#restore input[type=file]').setInputFiles(backupFile());
    await page.getByText('It replaces').waitFor();
    await page.getByText('The backup holds no records, and the store in /d holds 7.').waitFor();
    await page.getByRole('button', { name: 'Put it in place and restart' }).click();
    expect(asked).toEqual(['upload']);
    await page.getByRole('button', { name: 'sure?' }).click();
    await page.getByText('The box stops').waitFor();
    expect(asked).toEqual(['upload', 'restore a true']);
    folder.remove();
    await leave();
  }, 60_000);

  test('a file on its way is ended by a button: the box throws away what it has, and looks at nothing', async () => {
    const folder = temporaryFolder();
    const previewed: unknown[] = [];
    const { page, leave } = await visitor.visit(
      1,
      ({ deps: { world } }) => ({
        uploads: createUploads({ dir: join(folder.path, 'uploads'), reserveBytes: 0, world }),
        restoring: {
          ...idleCare().restoring,
          async preview(source) {
            previewed.push(source);
            return 'begun';
          },
        },
      }),
      '#/backup',
    );
    // The second piece stays on its way until the button was touched.
    const { promise: touched, resolve: touch } = Promise.withResolvers<void>();
    await page.route('**/api/v1/uploads/*?offset=*', async (route) => {
      if (!route.request().url().endsWith('offset=0')) await touched;
      await route.continue();
    });
    const thrownAway = page.waitForResponse((answer) => answer.request().method() === 'DELETE');
    await page.locator('#restore input[type=file]').setInputFiles(backupFile());
    await page.getByRole('button', { name: 'Stop' }).click();
    touch();
    expect((await thrownAway).status()).toBe(204);
    await page.locator('#restore input[type=file]').waitFor({ state: 'attached' });
    expect(readdirSync(join(folder.path, 'uploads'))).toEqual([]);
    expect(previewed).toEqual([]);
    folder.remove();
    await leave();
  }, 60_000);
});
