/** How long a start takes, and what an idle box takes of memory, processor and card: beside an empty Node process. */
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { processUsage, startAppliance } from '../../test/support/appliance-process.ts';
import { temporaryFolder } from '../../test/support/process.ts';
import { demoSettings, msToFirstPage, SMALL_BOX } from './demo-site.ts';
import { type Figure, figure } from './figure.ts';
import { median } from './median.ts';

const BUNDLE = join(import.meta.dirname, '../../dist/main.js');
const MB = 1_048_576;
const TO = 'an empty Node process';

/** From the start of the process to its first page, in turns with an empty Node process. */
export async function start(rounds: number): Promise<Figure[]> {
  const folder = temporaryFolder();
  const site = await demoSettings(folder.path);
  const [times, empty]: [number[], number[]] = [[], []];
  try {
    // The first of each reads its files from the disk, which is not what is compared.
    for (let round = 0; round <= rounds; round++) {
      const startedMs = performance.now();
      await promisify(execFile)(process.execPath, ['-e', '0']);
      const emptyMs = performance.now() - startedMs;
      const pageMs = await msToFirstPage([process.execPath, BUNDLE], site);
      if (round === 0) continue;
      empty.push(emptyMs);
      times.push(pageMs);
    }
  } finally {
    folder.remove();
  }
  const how = `the bundle under Node, from the start of the process to the first page it answers; median of ${rounds} in turns with an empty Node process from start to end (${median(empty).toFixed(0)} ms)`;
  const ratio = { reference: median(empty), to: TO };
  return [figure('start', 'start to port open and first page', [median(times), 'ms'], how, ratio)];
}

/** The box with its simulator of 50 devices, as its unit runs it. */
export async function idle(settleS: number, seconds: number): Promise<Figure[]> {
  const folder = temporaryFolder();
  const { file, httpPort } = await demoSettings(folder.path);
  const empty = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], {
    env: { ...process.env, ...SMALL_BOX },
    stdio: 'ignore',
  });
  try {
    const appliance = await startAppliance(file, httpPort, SMALL_BOX);
    await sleep(settleS * 1_000);
    const before = appliance.usage();
    await sleep(seconds * 1_000);
    const after = appliance.usage();
    const emptyBytes = processUsage(empty.pid ?? 0).rssBytes;
    await appliance.stop();
    const how = `embedded broker, simulator of 50 devices, ${settleS} s after the start; an empty Node process takes ${(emptyBytes / MB).toFixed(1)} MB`;
    const over = (after.rssBytes - emptyBytes) / MB;
    return [
      figure('idle.memory', 'idle with 50 simulated devices: memory', [after.rssBytes / MB, 'MB'], how, {
        ...{ reference: emptyBytes / MB, to: TO },
      }),
      figure('idle.over', 'idle: memory over an empty Node', [over, 'MB'], how),
      figure(
        'idle.cpu',
        'idle: of a core',
        [((after.cpuS - before.cpuS) / seconds) * 100, '%'],
        `as above, over ${seconds} s`,
      ),
    ];
  } finally {
    empty.kill();
    folder.remove();
  }
}
