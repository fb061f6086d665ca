/**
 * The box under attack: a process as the units run it, on loopback ports, with somebody asking all the time whether it still
 * answers. What is measured is by how much its memory grew and how long the longest answer took.
 */
import { join } from 'node:path';
import { type ApplianceProcess, type Program, startAppliance, writeSettings } from './appliance-process.ts';
import { freePort, temporaryFolder } from './process.ts';

/** As deploy/systemd and the image set them. */
const FLAGS = { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=128', MALLOC_ARENA_MAX: '1' };
const PROBE_MS = 20;

export interface Box {
  readonly appliance: ApplianceProcess;
  readonly httpPort: number;
  readonly brokerPort: number;
}

export interface Damage {
  readonly growthMb: number;
  readonly longestAnswerMs: number;
  readonly isAlive: boolean;
}

/** Runs `attack` against a box with `settings` (sections as in a settings file). */
export async function attackBox(
  settings: Readonly<Record<string, unknown>>,
  attack: (box: Box) => Promise<unknown>,
  program?: Program,
): Promise<Damage> {
  const folder = temporaryFolder();
  const [httpPort, brokerPort] = [await freePort(), await freePort()];
  const file = writeSettings(folder.path, {
    http: { port: httpPort },
    mqtt: { mode: 'embedded', embedded_port: brokerPort },
    store: { dir: join(folder.path, 'data') },
    ...settings,
  });
  const appliance = await startAppliance(file, httpPort, FLAGS, program);
  try {
    await warmUp(appliance.url);
    const before = appliance.usage().rssBytes;
    const probe = watchAnswers(appliance.url);
    await attack({ appliance, httpPort, brokerPort });
    const longestAnswerMs = await probe.stop();
    const { exitCode, signalCode } = appliance.process;
    const isAlive = exitCode === null && signalCode === null;
    const growthMb = isAlive ? (appliance.usage().peakBytes - before) / 1024 ** 2 : Number.NaN;
    return { growthMb, longestAnswerMs, isAlive };
  } finally {
    await appliance.stop('SIGKILL');
    folder.remove();
  }
}

async function warmUp(url: string): Promise<void> {
  for (let n = 0; n < 50; n++) await (await fetch(`${url}/api/v1/status`)).text();
}

function watchAnswers(url: string) {
  let stopped = false;
  let longestMs = 0;
  const done = (async () => {
    while (!stopped) {
      const startedMs = performance.now();
      await fetch(`${url}/healthz`).then(
        (answer) => answer.text(),
        () => undefined,
      );
      longestMs = Math.max(longestMs, performance.now() - startedMs);
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
    }
  })();
  return {
    async stop(): Promise<number> {
      stopped = true;
      await done;
      return longestMs;
    },
  };
}
