/** The verbs that check a release, put it in place of what is installed, and go back. */
import { isAbsolute, join, resolve } from 'node:path';
import type { Config } from '../config/schema.ts';
import { errorText } from '../model/error-text.ts';
import { type Layout, layoutOf } from '../ops/install/layout.ts';
import { thisMachine } from '../ops/install/machine.ts';
import type { Statement } from '../ops/upgrade/signature.ts';
import type { UpgradeDeps, UpgradeResult } from '../ops/upgrade/upgrade.ts';
import { localUrl } from './box-url.ts';
import { confirmed } from './confirm.ts';
import { fail } from './fail.ts';
import { loadSettings } from './settings.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';

const SIGNATURE_OPTION = {
  signature: {
    type: 'string',
    value: 'FILE',
    summary: 'its signature; the file with .sig behind it if not given',
  },
  key: {
    type: 'string',
    value: 'FILE',
    summary: 'public key to check with instead of the one built in, PEM',
  },
} as const;
const DEFAULT_WAIT_S = 120;
const DEFAULT_HOLD_S = 10;
/** Above this the log of readings stays out of the backup: it would not fit beside itself on a small card. */
const MAX_LOG_BYTES = 256e6;
const KEEP_BACKUPS = 3;

const verify: Verb = {
  name: 'release verify',
  formerly: 'verify',
  group: 'Installation',
  synopsis: 'FILE [--signature FILE] [--key FILE] [--json]',
  summary: 'check the signature of a released executable, offline',
  options: { ...SIGNATURE_OPTION, json: { type: 'boolean', summary: 'as JSON' } },
  maxWords: 1,
  examples: ['webscada-edge release verify webscada-edge-0.2.0-linux-arm64'],
  async run(given, world, [file]) {
    if (file === undefined) return fail(world, 'release verify wants the name of a file', EXIT.usage);
    const checked = await checkSignature(file, file, given);
    if (typeof checked === 'string') return fail(world, `${file}: ${checked}`, EXIT.failure);
    const { version, commit, arch, sha256 } = checked;
    const words = `${file} is webscada-edge ${version} (${commit}) for linux-${arch}\nSHA-256 ${sha256}\n`;
    world.stdout.write(given.flag('json') ? `${JSON.stringify(checked)}\n` : words);
    return EXIT.ok;
  },
};

/** What the signature says of the bytes in `file`, or why it does not hold. `named` is what the operator calls it. */
async function checkSignature(file: string, named: string, given: Given): Promise<Statement | string> {
  const { digestFile, readSmallFile, releaseKeys, verifyFile } = await import('../ops/upgrade/signature.ts');
  const signature = given.text('signature') ?? `${named}.sig`;
  const key = given.text('key');
  try {
    const keys = key === undefined ? releaseKeys() : await readSmallFile(key);
    const verified = verifyFile(await readSmallFile(signature), await digestFile(file), keys);
    return verified.ok ? verified.statement : verified.reason.detail;
  } catch (error) {
    return errorText(error);
  }
}

const upgradeVerb: Verb = {
  name: 'upgrade',
  group: 'Installation',
  synopsis: '--file FILE [--yes] | --rollback | --recover | --requested',
  summary: 'put a new version in place of the installed one',
  details:
    'Checks the signature, tries the new version on the settings, saves what could be spoiled, swaps the executables in one step, starts the service anew and watches its health. When it is not healthy in time the version before comes back by itself. Exit code 3: the new version was taken back, and the one before runs.',
  options: {
    file: { type: 'string', value: 'FILE', summary: 'the new executable' },
    ...SIGNATURE_OPTION,
    yes: { type: 'boolean', short: 'y', summary: 'do not ask' },
    rollback: { type: 'boolean', summary: 'go back to the version before' },
    recover: {
      type: 'boolean',
      summary: 'count a failed start of an unproven version (for the service’s unit)',
    },
    requested: {
      type: 'boolean',
      summary: 'what the service has asked for (for the unit of updates by page)',
    },
    spool: {
      type: 'string',
      value: 'FOLDER',
      summary: 'with --prefix and --requested: where the request lies',
    },
    'allow-older': { type: 'boolean', summary: 'also take a version older than the installed one' },
    wait: {
      type: 'string',
      value: 'S',
      summary: `seconds for the new version to become healthy; ${DEFAULT_WAIT_S} if not given`,
    },
    hold: {
      type: 'string',
      value: 'S',
      summary: `seconds it must then stay healthy; ${DEFAULT_HOLD_S} if not given`,
    },
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      summary: 'settings file, if not that of the installation',
    },
    prefix: { type: 'string', value: 'FOLDER', summary: 'the folder of a plain installation' },
    'pid-file': {
      type: 'string',
      value: 'FILE',
      summary: 'with --prefix: where its supervisor writes the process id',
    },
  },
  examples: [
    'sudo webscada-edge upgrade --file webscada-edge-0.2.0-linux-arm64',
    'sudo webscada-edge upgrade --rollback',
  ],
  async run(given, world) {
    const file = given.text('file');
    const flags = (['rollback', 'recover', 'requested'] as const).map((name) => given.flag(name));
    const modes = [file !== undefined, ...flags].filter(Boolean);
    if (modes.length !== 1) return fail(world, 'upgrade wants --file FILE or --rollback', EXIT.usage);
    const place = await findInstallation(given, world);
    if (typeof place === 'number') return place;
    if (given.flag('recover')) return recoverNow(place.layout, world);
    if (given.flag('requested')) return carryOut(place, given, world);
    const deps = await upgradeDeps(place, given, world);
    if (typeof deps === 'number') return deps;
    if (file === undefined) return rollBackNow(deps, world);
    return upgradeTo(resolve(file), deps, given, world);
  },
};

interface Installation {
  readonly layout: Layout;
  readonly system: boolean;
}

async function findInstallation(given: Given, world: CliWorld): Promise<Installation | number> {
  const prefix = given.text('prefix');
  const layout = layoutOf(prefix === undefined ? '/' : resolve(prefix));
  const machine = thisMachine();
  if (prefix === undefined && machine.uid() !== 0)
    return fail(world, 'only root may: sudo webscada-edge upgrade …', EXIT.permission);
  if (!machine.exists(layout.executable)) {
    return fail(world, `nothing is installed at ${layout.executable}`, EXIT.failure);
  }
  if (prefix !== undefined && given.text('pid-file') === undefined && !given.flag('recover')) {
    return fail(world, '--prefix wants --pid-file FILE: what runs must be started anew', EXIT.usage);
  }
  return { layout, system: prefix === undefined };
}

async function carryOut(place: Installation, given: Given, world: CliWorld): Promise<number> {
  const times = timesOf(given, world);
  if (typeof times === 'number') return times;
  if (place.system && given.text('spool') !== undefined)
    return fail(world, '--spool is for --prefix', EXIT.usage);
  const { upgradeAsRequested } = await import('./requested-upgrade.ts');
  return upgradeAsRequested({ ...place, ...times }, given, world);
}

function timesOf(given: Given, world: CliWorld): Pick<UpgradeDeps, 'limitMs' | 'holdMs'> | number {
  const waitS = Number(given.text('wait') ?? DEFAULT_WAIT_S);
  if (!(waitS > 0 && waitS <= 3_600)) return fail(world, '--wait wants seconds, 1 to 3600', EXIT.usage);
  const holdS = Number(given.text('hold') ?? DEFAULT_HOLD_S);
  if (!(holdS >= 1 && holdS <= 3_600)) return fail(world, '--hold wants seconds, 1 to 3600', EXIT.usage);
  return { limitMs: waitS * 1_000, holdMs: holdS * 1_000 };
}

async function upgradeDeps(
  { layout, system }: Installation,
  given: Given,
  world: CliWorld,
): Promise<UpgradeDeps | number> {
  const times = timesOf(given, world);
  if (typeof times === 'number') return times;
  const settingsFile = resolve(given.text('config') ?? layout.settingsFile);
  const loaded = await loadSettings(
    { ...given, text: (name) => (name === 'config' ? settingsFile : given.text(name)) },
    world,
  );
  if (typeof loaded === 'number') return loaded;
  const { createVersions } = await import('../ops/upgrade/versions.ts');
  const { pidFileSupervisor, systemdSupervisor } = await import('../ops/upgrade/supervisor.ts');
  const { askHealth } = await import('../ops/health.ts');
  const { createLogger } = await import('../ops/logger.ts');
  const { createWorld, pause } = await import('../ops/world.ts');
  const machine = thisMachine();
  const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
  const url = localUrl(loaded.config);
  return {
    versions: createVersions(layout),
    supervisor: system
      ? systemdSupervisor(machine)
      : pidFileSupervisor(machine, resolve(given.text('pid-file') ?? '')),
    machine,
    clock,
    pause,
    settingsFile,
    health: () => askHealth(url),
    backup: () =>
      backUp(loaded.config, [settingsFile, ...loaded.files], layout, world.version, clock.nowMs()),
    tell: (line) => world.stdout.write(`${line}\n`),
    place: system ? [] : ['--prefix', layout.prefix],
    ...times,
  };
}

async function backUp(
  config: Config,
  settings: readonly string[],
  layout: Layout,
  version: string,
  nowMs: number,
): Promise<string> {
  const { createBackup, pruneBackups } = await import('../ops/backup.ts');
  const { describeContents } = await import('../ops/store-contents.ts');
  const { dir } = config.store;
  const stamp = new Date(nowMs).toISOString().replace(/\.\d+|[-:]/g, '');
  const to = join(layout.backups, `upgrade-${stamp}`);
  const store = isAbsolute(dir) ? dir : join(layout.data, dir);
  const made = await createBackup({
    dir: store,
    settings: [...new Set(settings)],
    to,
    version,
    nowMs,
    maxLogBytes: MAX_LOG_BYTES,
    // A box that has heard nothing yet may be upgraded.
    allowEmpty: true,
  });
  pruneBackups(layout.backups, 'upgrade-', KEEP_BACKUPS);
  const left = made.left.length > 0 ? `, without ${made.left.join(', ')}: too large` : '';
  return `${to} (${made.files.length} files: ${describeContents(made.contents)}${left})`;
}

async function upgradeTo(file: string, deps: UpgradeDeps, given: Given, world: CliWorld): Promise<number> {
  const { upgrade } = await import('../ops/upgrade/upgrade.ts');
  const { versions } = deps;
  try {
    versions.stage(file);
  } catch (error) {
    return fail(world, errorText(error), EXIT.failure);
  }
  // What is checked is the copy that will run: the file itself could change in between.
  const checked = await checkSignature(versions.next, file, given);
  const objection =
    typeof checked === 'string'
      ? checked
      : checked.arch === process.arch
        ? undefined
        : `it is for linux-${checked.arch}, and this is linux-${process.arch}`;
  if (typeof checked === 'string' || objection !== undefined) {
    versions.unstage();
    return fail(world, `${file}: ${objection}`, EXIT.failure);
  }
  const { version } = checked;
  world.stdout.write(`${file} is webscada-edge ${version} (${checked.commit}); this is ${world.version}\n`);
  if (!(await confirmed('Install it now?', given, world))) {
    versions.unstage();
    return fail(world, 'nothing was changed; --yes does it without asking', EXIT.failure);
  }
  try {
    return report(await upgrade({ version, allowOlder: given.flag('allow-older') }, deps), world);
  } catch (error) {
    return fail(world, `not upgraded: ${errorText(error)}`, EXIT.failure);
  }
}

async function rollBackNow(deps: UpgradeDeps, world: CliWorld): Promise<number> {
  const { rollBack } = await import('../ops/upgrade/upgrade.ts');
  const result = await rollBack({ detail: 'asked for', said: [] }, deps);
  if (result.kind === 'rolled_back') return result.healthy ? EXIT.ok : EXIT.failure;
  return report(result, world);
}

async function recoverNow(layout: Layout, world: CliWorld): Promise<number> {
  const { recover } = await import('../ops/upgrade/upgrade.ts');
  const { createVersions } = await import('../ops/upgrade/versions.ts');
  const { createLogger } = await import('../ops/logger.ts');
  const { createWorld } = await import('../ops/world.ts');
  const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
  const done = recover(createVersions(layout), clock);
  if (done === 'rolled_back')
    world.stderr.write('<3>upgrade.rolled_back: the version before is back in place\n');
  return EXIT.ok;
}

function report(result: UpgradeResult, world: CliWorld): number {
  switch (result.kind) {
    case 'done':
      world.stdout.write(
        'The new version is healthy. The one before is kept for: webscada-edge upgrade --rollback\n',
      );
      return EXIT.ok;
    case 'refused':
      return fail(world, result.reason.detail, EXIT.failure);
    case 'rolled_back':
      if (result.healthy) return fail(world, `taken back: ${result.reason.detail}`, EXIT.degraded);
      return fail(world, `taken back, and still not healthy: ${result.reason.detail}`, EXIT.failure);
  }
}

export const UPGRADE_VERBS: readonly Verb[] = [verify, upgradeVerb];
