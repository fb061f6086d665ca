/** The box of a recovery: the appliance as it is shipped with a store of its own, its broker, and its verbs. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ApplianceProcess,
  BUNDLED,
  type Status,
  startAppliance,
  writeSettings,
} from '../../test/support/appliance-process.ts';
import { type FleetDevice, fleetSettings } from '../../test/support/fleet.ts';
import { eventually, freePort } from '../../test/support/process.ts';

export const SITE = 'recovery';
const BACKUP_MS = 120_000;

export interface BoxPlan {
  /** Of the box: its settings, and the store below. */
  readonly folder: string;
  readonly fleet: readonly FleetDevice[];
  readonly broker: string;
  readonly influx: string;
  readonly redis: string;
  /** Where copies of its backups go. */
  readonly copies: string;
}

export interface Box {
  readonly store: string;
  /** What it prints; throws with that when it ends with another code than 0. */
  verb(...args: readonly string[]): Promise<string>;
  start(): Promise<void>;
  /** SIGKILL: as when its power goes for good. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  status(): Promise<BoxStatus>;
  backups(): Promise<Backups>;
  post(path: string, body: unknown): Promise<void>;
}

interface Backups {
  readonly making?: unknown;
  /** Newest first. */
  readonly items: readonly { readonly name: string }[];
}

export interface BoxStatus extends Omit<Status, 'influx'> {
  readonly influx: Status['influx'] & { readonly rewind?: { readonly state: string } };
}

/** With its settings written, and not started. */
export async function createBox({ folder, fleet, broker, influx, redis, copies }: BoxPlan): Promise<Box> {
  mkdirSync(folder, { recursive: true });
  const httpPort = await freePort();
  const store = join(folder, 'data');
  const file = writeSettings(folder, {
    site: { id: SITE },
    http: { port: httpPort },
    mqtt: { mode: 'external', url: broker },
    store: { dir: store },
    influx: { url: influx, token: 'unused' },
    centre: { url: redis, commands: ['resend'] },
    backup: { copy_dir: copies },
    log: { level: 'error' },
    devices: fleetSettings(fleet),
  });
  let running: ApplianceProcess | undefined;
  const box = (): ApplianceProcess => {
    if (!running) throw new Error('the box is off');
    return running;
  };
  return {
    store,
    verb: (...args) => runVerb(args, file),
    async start() {
      running = await startAppliance(file, httpPort);
    },
    async kill() {
      await running?.stop('SIGKILL');
      running = undefined;
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
    status: () => box().get<BoxStatus>('/api/v1/status'),
    backups: () => box().get<Backups>('/api/v1/backups'),
    async post(path, body) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(box().url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
    },
  };
}

function runVerb(args: readonly string[], settings: string): Promise<string> {
  const [command, ...first] = BUNDLED;
  return new Promise((resolve, reject) => {
    const env = { ...process.env, WSE_CONFIG: settings };
    const child = spawn(command, [...first, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve(said)
        : reject(new Error(`${args.slice(0, 2).join(' ')} ended with ${code}: ${said}`)),
    );
  });
}

/** Has the box make a backup now, and waits for the copy of it outside. */
export async function backUp(box: Box): Promise<void> {
  // The box makes its first one by itself.
  const begun = () =>
    box.post('/api/v1/backups', {}).then(
      () => true,
      () => false,
    );
  await eventually('a backup begins', begun, BACKUP_MS);
  const isCopied = async () => {
    const { making, items } = await box.backups();
    const [newest] = items;
    if (making !== undefined || newest === undefined) return false;
    return (await box.verb('backup', 'copies').catch(() => '')).includes(newest.name);
  };
  await eventually('there is a copy of the backup', isCopied, BACKUP_MS);
}
