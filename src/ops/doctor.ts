/**
 * Looks at a box and what it needs around it, and says what to do. The running box is asked first, as it knows most; what it
 * does not tell (the clock, other servers) is looked at from outside.
 */

import { walk } from '../model/connection-test.ts';
import { advise, type Told, tell } from '../model/said.ts';
import type { Clock } from '../model/world.ts';
import { type BoxAnswered, boxFindings } from './box-status.ts';
import { networkSteps, type Server } from './connections/network-steps.ts';
import { askHealth } from './health.ts';
import type { Finding } from './install/checks.ts';
import type { Machine } from './install/machine.ts';
import { silentFindings } from './silent-devices.ts';

export interface DoctorOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  /** Of the box, as this machine asks it. */
  readonly url: string;
  /** Asks the running box for its status. */
  readonly askStatus: () => Promise<BoxAnswered>;
  /** Asks it which devices are silent, and why. */
  readonly askSilent?: () => Promise<unknown>;
  readonly storeDir: string;
  readonly reserveBytes: number;
  /** What the settings tell without asking anybody. */
  readonly known?: readonly Finding[];
  /** Servers that are configured. */
  readonly servers: readonly (Server & { readonly what: string })[];
}

/** This program is newer than that. */
const PLAUSIBLE_MS = Date.UTC(2026, 0, 1);

/** Everything that was looked at; never rejects. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const health = await pages(options);
  const box = boxFindings(await options.askStatus());
  // Who does not tell of its parts does not tell of its devices.
  const silent = box.tellsServers ? silentFindings(await options.askSilent?.()) : [];
  const servers = box.tellsServers
    ? []
    : await Promise.all(options.servers.map((server) => reach(server, options.clock)));
  return [
    health,
    ...box.findings,
    ...silent,
    ...(options.known ?? []),
    disk(options),
    ...(box.tellsClock ? [] : [clock(options)]),
    ...servers,
  ];
}

async function pages({ url }: DoctorOptions): Promise<Finding> {
  const health = await askHealth(url);
  if (health.healthy) return found('pages', 'ok', tell('finding.healthy', { url }));
  const hint = 'webscada-edge service status, webscada-edge service logs';
  return { what: 'pages', level: 'problem', text: health.problem.detail, hint };
}

function disk({ machine, storeDir, reserveBytes }: DoctorOptions): Finding {
  const free = machine.freeBytes(storeDir);
  const values = { gigabytes: (free / 1e9).toFixed(1), folder: storeDir };
  if (free > 2 * reserveBytes) return found('disk', 'ok', tell('finding.free', values));
  const level = free > reserveBytes ? 'warning' : 'problem';
  return found('disk', level, tell('finding.free', values, 'finding.little.todo'));
}

function clock(options: DoctorOptions): Finding {
  const nowMs = options.clock.nowMs();
  const values = { time: new Date(nowMs).toISOString() };
  if (nowMs >= PLAUSIBLE_MS) return found('clock', 'ok', tell('finding.time', values));
  return found('clock', 'problem', tell('finding.time', values, 'finding.time.advice'));
}

function found(what: string, level: Finding['level'], { detail, hint, said }: Told): Finding {
  return { what, level, text: detail, ...(hint === undefined ? {} : { hint }), said };
}

/** Whether it can be reached, and its certificate is good. InfluxDB and the like being away is no fault of the box. */
async function reach({ what, ...server }: DoctorOptions['servers'][number], clock: Clock): Promise<Finding> {
  const last = (await walk(networkSteps(server, clock))).at(-1);
  const { said = [] } = last ?? {};
  if (!last || last.isOk) return { what, level: 'ok', text: last?.found ?? '', said };
  const meanwhile = advise('finding.meanwhile.todo');
  const hint = `${last.hint ?? ''}; ${meanwhile.hint}`;
  return { what, level: 'warning', text: last.found, hint, said: [...said, ...meanwhile.said] };
}
