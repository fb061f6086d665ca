/** The site that start and memory are measured with: embedded defaults, and the simulator of 50 devices. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'smol-toml';
import { freePort } from '../../test/support/process.ts';

/** How the units, the image and `npm start` run it. */
export const SMALL_BOX = {
  NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=128',
  MALLOC_ARENA_MAX: '1',
};

/** A file and the port of its pages, settled in `folder`. */
export interface DemoSite {
  readonly file: string;
  readonly httpPort: number;
}

export async function demoSettings(folder: string, simulator = true): Promise<DemoSite> {
  const [httpPort, mqttPort] = [await freePort(), await freePort()];
  // As `install` writes them: JSON is read by the YAML library, which an installed box never loads.
  const file = join(folder, 'config.toml');
  const settings = {
    http: { port: httpPort },
    mqtt: { embedded_port: mqttPort },
    store: { dir: `${folder}/data` },
    simulator: { enabled: simulator, devices: 50 },
    log: { level: 'error' },
  };
  writeFileSync(file, stringify(settings));
  return { file, httpPort };
}

/** Milliseconds from the start of `program run` to its first page; it has ended when this resolves. */
export async function msToFirstPage(
  [command, ...args]: readonly [string, ...string[]],
  { file, httpPort }: DemoSite,
): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(command, [...args, 'run', '--config', file], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (;;) {
    const page = await fetch(`http://127.0.0.1:${httpPort}/`).catch(() => undefined);
    if (page?.ok) break;
    if (child.exitCode !== null) throw new Error(`${command} ended with exit code ${child.exitCode}`);
    await sleep(2);
  }
  const tookMs = performance.now() - startedMs;
  child.kill('SIGTERM');
  await ended;
  return tookMs;
}
