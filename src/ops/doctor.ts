/**
 * Looks at a box and what it needs around it, and says what to do. The running box is asked first, as it knows most; what it
 * does not tell (the clock, other servers) is looked at from outside.
 */
import { connect } from 'node:net';
import type { Clock } from '../model/world.ts';
import { type BoxAnswered, boxFindings } from './box-status.ts';
import { askHealth } from './health.ts';
import type { Finding } from './install/checks.ts';
import type { Machine } from './install/machine.ts';

export interface DoctorOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  /** Of the box, as this machine asks it. */
  readonly url: string;
  /** Asks the running box for its status. */
  readonly askStatus: () => Promise<BoxAnswered>;
  readonly storeDir: string;
  readonly reserveBytes: number;
  /** What the settings tell without asking anybody. */
  readonly known?: readonly Finding[];
  /** Servers that are configured. */
  readonly servers: readonly { readonly what: string; readonly host: string; readonly port: number }[];
}

const CONNECT_MS = 3_000;
/** This program is newer than that. */
const PLAUSIBLE_MS = Date.UTC(2026, 0, 1);

/** Everything that was looked at; never rejects. */
export async function examine(options: DoctorOptions): Promise<Finding[]> {
  const health = await pages(options);
  const box = boxFindings(await options.askStatus());
  const servers = box.tellsServers
    ? []
    : await Promise.all(options.servers.map((server) => reach(server, options.clock)));
  return [
    health,
    ...box.findings,
    ...(options.known ?? []),
    disk(options),
    ...(box.tellsClock ? [] : [clock(options)]),
    ...servers,
  ];
}

async function pages({ url }: DoctorOptions): Promise<Finding> {
  const health = await askHealth(url);
  if (health.healthy) return { what: 'pages', level: 'ok', text: `healthy at ${url}` };
  const hint = 'webscada-edge service status, webscada-edge service logs';
  return { what: 'pages', level: 'problem', text: health.problem, hint };
}

function disk({ machine, storeDir, reserveBytes }: DoctorOptions): Finding {
  const free = machine.freeBytes(storeDir);
  const text = `${(free / 1e9).toFixed(1)} GB free for ${storeDir}`;
  if (free > 2 * reserveBytes) return { what: 'disk', level: 'ok', text };
  const hint = 'free some space, or lower store.max_bytes; the oldest delivered readings go first';
  return { what: 'disk', level: free > reserveBytes ? 'warning' : 'problem', text, hint };
}

function clock(options: DoctorOptions): Finding {
  const nowMs = options.clock.nowMs();
  const text = new Date(nowMs).toISOString();
  if (nowMs >= PLAUSIBLE_MS) return { what: 'clock', level: 'ok', text };
  const hint = 'readings wait for the right time: timedatectl set-ntp true, or set it by hand';
  return { what: 'clock', level: 'problem', text, hint };
}

/** Whether somebody listens there. InfluxDB and the like being away is no fault of the box: it waits for them. */
function reach({ what, host, port }: DoctorOptions['servers'][number], { after }: Clock): Promise<Finding> {
  const text = `${host}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (reason: string | undefined): void => {
      cancel();
      socket.destroy();
      const hint = `check the address, the cable and the firewall; readings wait on the box meanwhile`;
      if (reason === undefined) resolve({ what, level: 'ok', text: `${text} answers` });
      else resolve({ what, level: 'warning', text: `${text}: ${reason}`, hint });
    };
    const cancel = after(CONNECT_MS, () => end(`no answer in ${CONNECT_MS / 1_000} s`));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error) => end('code' in error ? String(error.code) : error.message));
  });
}
