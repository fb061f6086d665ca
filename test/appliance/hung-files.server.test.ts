/** Certificate files on a mount that does not answer: the box starts, says so, and ends when it is told to. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUNDLED, writeSettings } from '../support/appliance-process.ts';
import {
  eventually,
  freePort,
  type RunningServer,
  startServer,
  temporaryFolder,
} from '../support/process.ts';

/** Opening a file of this name keeps one of Node's threads in the system for ever, as a dead network mount does. */
const HUNG = 'hung.pem';
const [command, ...args] = BUNDLED;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function start(
  settings: Readonly<Record<string, object>>,
  readyAt: string,
): Promise<RunningServer & { readonly port: number }> {
  const pipe = join(folder.path, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const preload = join(folder.path, 'hang.mjs');
  writeFileSync(
    preload,
    `import fsp from 'node:fs/promises';
     import { syncBuiltinESMExports } from 'node:module';
     const open = fsp.open;
     fsp.open = (file, ...rest) => {
       if (!String(file).endsWith('${HUNG}')) return open(file, ...rest);
       console.log('hanging');
       return open('${pipe}', 'r');
     };
     syncBuiltinESMExports();`,
  );
  const port = await freePort();
  const file = writeSettings(folder.path, {
    site: { id: 'hut' },
    store: { dir: join(folder.path, 'data') },
    log: { format: 'json' },
    mqtt: { mode: 'external', url: 'mqtt://127.0.0.1:1', ...settings.mqtt },
    http: { port, host: '127.0.0.1', ...settings.http },
  });
  const run = ['--import', preload, ...args, 'run', '--config', file];
  return { ...(await startServer(command, run, { text: readyAt })), port };
}

/** Tells it to end and waits: the exit code, undefined when it took more than 5 s. */
async function codeAfterTerm(box: RunningServer): Promise<number | undefined> {
  await box.stop('SIGTERM');
  return box.process.exitCode ?? undefined;
}

describe('files that do not come', () => {
  test('the broker’s: the pages open, the broker is down with the reason, a SIGTERM ends it with 0', async () => {
    const caFile = join(folder.path, HUNG);
    const box = await start({ mqtt: { url: 'mqtts://127.0.0.1:1', ca_file: caFile } }, 'appliance.started');
    await eventually('told', () => box.output().includes('its file system does not answer'));
    expect((await fetch(`http://127.0.0.1:${box.port}/healthz`)).status).toBe(200);
    expect(await codeAfterTerm(box)).toBe(0);
    expect(box.output()).toContain('appliance.stopped');
  });

  test('the pages’ own: they open with a self-made certificate', async () => {
    const files = { cert_file: join(folder.path, HUNG), key_file: join(folder.path, HUNG) };
    const box = await start({ http: { tls: 'files', ...files } }, 'appliance.started');
    expect(box.output()).toContain('tls.files_unusable');
    expect(await codeAfterTerm(box)).toBe(0);
  });

  test('a SIGTERM in the middle of the start ends it with 0, before it has started', async () => {
    const files = { cert_file: join(folder.path, HUNG), key_file: join(folder.path, HUNG) };
    const box = await start({ http: { tls: 'files', ...files } }, 'hanging');
    expect(await codeAfterTerm(box)).toBe(0);
    expect(box.output()).not.toContain('appliance.started');
    expect(box.output()).toContain('in the middle of its start');
    expect(box.output()).toContain('appliance.stopped');
  });
});
