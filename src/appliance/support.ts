/** The support bundle of this box, put together: mostly what its own API answers, which has no secrets to begin with. */

import type { Config } from '../config/schema.ts';
import { secretsIn } from '../config/secrets-in.ts';
import { showConfig } from '../config/show.ts';
import type { LogLines } from '../model/log-lines.ts';
import { release } from '../ops/release.ts';
import { createSupport, pretty, type Support } from '../ops/support/bundle.ts';
import { machineFacts } from '../ops/support/machine-facts.ts';

/** Files, and what is asked for them. */
const ANSWERS = {
  'status.json': '/api/v1/status',
  'gateways.json': '/api/v1/gateways',
  'devices.json': '/api/v1/devices?limit=1000',
  'silent-devices.json': '/api/v1/devices/silent',
  'unknown-devices.json': '/api/v1/unknown-devices',
  'profiles.json': '/api/v1/profiles',
  'codecs.json': '/api/v1/codecs',
  'backups.json': '/api/v1/backups',
} as const;

export interface SupportOptions {
  readonly config: Config;
  readonly logs: LogLines;
  readonly nowMs: () => number;
  /** Asks the box's own API. */
  readonly ask: (path: string) => Promise<{ readonly json: unknown }>;
  readonly doctor: () => Promise<unknown>;
}

export function createBoxSupport({ config, logs, nowMs, ask, doctor }: SupportOptions): Support {
  return createSupport(
    [
      { name: 'about.json', make: async () => pretty(machineFacts(release())) },
      { name: 'settings.toml', make: async () => showConfig(config) },
      { name: 'doctor.json', make: async () => pretty(await doctor()) },
      ...Object.entries(ANSWERS).map(([name, path]) => ({
        name,
        make: async () => pretty((await ask(path)).json),
      })),
      { name: 'log.ndjson', make: async () => [...logs.texts()].join(''), keep: 'end' as const },
    ],
    secretsIn(config),
    nowMs,
  );
}
