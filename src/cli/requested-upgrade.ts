/** `upgrade --requested`: root carries out what the service has asked for. It reads nothing of the service's but through the spool. */
import { statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { errorText } from '../model/error-text.ts';
import type { Layout } from '../ops/install/layout.ts';
import { runAs, thisMachine } from '../ops/install/machine.ts';
import type { UpdateReport, UpdateRequest } from '../ops/upgrade/request.ts';
import type { UpgradeDeps } from '../ops/upgrade/upgrade.ts';
import { fail } from './fail.ts';
import { type CliWorld, EXIT, type Given } from './verb.ts';

export interface RequestedPlace {
  readonly layout: Layout;
  readonly system: boolean;
  readonly limitMs: number;
  readonly holdMs: number;
}

/** Only its own options are heeded: a settings file, or an older version, is not for the service to name. */
export async function upgradeAsRequested(
  place: RequestedPlace,
  given: Given,
  world: CliWorld,
): Promise<number> {
  const { carryOutRequest } = await import('../ops/upgrade/requested.ts');
  const { reportFile, spoolOf } = await import('../ops/upgrade/request.ts');
  const { readSmallFile, releaseKeys } = await import('../ops/upgrade/signature.ts');
  const { layout } = place;
  const spool = given.text('spool') ?? spoolOf(layout);
  const key = given.text('key');
  const makeDeps = await depsMaker(place, given, world);
  try {
    const report = await carryOutRequest({
      spool: resolve(spool),
      report: reportFile(layout),
      keys: key === undefined ? releaseKeys() : await readSmallFile(key),
      version: world.version,
      depsFor: makeDeps,
    });
    return tell(report, world);
  } catch (error) {
    return fail(world, `no request was carried out: ${errorText(error)}`, EXIT.failure);
  }
}

function tell(report: UpdateReport | 'nothing', world: CliWorld): number {
  if (report === 'nothing') return fail(world, 'there is no request that can be read', EXIT.failure);
  const { version, state, code, reason } = report;
  if (state === 'done') {
    world.stdout.write(`webscada-edge ${version} is in place and healthy\n`);
    return EXIT.ok;
  }
  const why = `${code === undefined ? '' : `${code}: `}${reason}`;
  return fail(world, `${version}: ${state}: ${why}`, state === 'taken_back' ? EXIT.degraded : EXIT.failure);
}

async function depsMaker(
  { layout, system, limitMs, holdMs }: RequestedPlace,
  given: Given,
  world: CliWorld,
): Promise<(request: UpdateRequest) => UpgradeDeps> {
  const { createVersions } = await import('../ops/upgrade/versions.ts');
  const { pidFileSupervisor, systemdSupervisor } = await import('../ops/upgrade/supervisor.ts');
  const { askHealth } = await import('../ops/health.ts');
  const { createLogger } = await import('../ops/logger.ts');
  const { createWorld, pause } = await import('../ops/world.ts');
  const machine = thisMachine();
  const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
  const { uid, gid } = statSync(layout.data);
  return (request) => ({
    versions: createVersions(layout),
    supervisor: system
      ? systemdSupervisor(machine)
      : pidFileSupervisor(machine, resolve(given.text('pid-file') ?? '')),
    ...{ machine, clock, pause, limitMs, holdMs },
    settingsFile: resolve(given.text('config') ?? layout.settingsFile),
    // It reads what the service may write: not with our rights.
    ...(system ? { tryRun: runAs({ uid, gid }) } : {}),
    health: () => askHealth(urlOf(request)),
    // By the service, before it asked: its files are not for root to open.
    backup: async () => 'by the service, where it makes backups',
    tell: (line) => world.stdout.write(`${line}\n`),
    place: system ? [] : ['--prefix', layout.prefix],
  });
}

/** On this machine, whatever was asked. */
function urlOf({ at: { scheme, host, port } }: UpdateRequest): string {
  const own = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
  const known = own.includes(host) ? host : '127.0.0.1';
  return `${scheme}://${known.includes(':') ? `[${known}]` : known}:${port}`;
}
