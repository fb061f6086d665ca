/** The verb that puts the program on a machine as a service. */
import { readdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { Config } from '../config/schema.ts';
import type { CheckOptions, Finding } from '../ops/install/checks.ts';
import type { Layout } from '../ops/install/layout.ts';
import { type Machine, thisMachine } from '../ops/install/machine.ts';
import { fail, failWith } from './fail.ts';
import { DEFAULT_PORT, firstSettings } from './first-settings.ts';
import { BROKER_OPTIONS } from './install-broker.ts';
import { PREFIX_OPTION, placeOf } from './installed-place.ts';
import { completionScript, manPage } from './manual.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';

const BROKER_HINT =
  'a broker that is there: --broker mqtt://127.0.0.1:1883, with --broker-user and --broker-password-file; ours on another port: --broker-port 1884';
/** Five a second. */
const ANSWER_TRIES = 100;

/** `table` gives all verbs, for the man page and the completion that are installed. */
export function installVerb(table: () => readonly Verb[]): Verb {
  return {
    name: 'install',
    group: 'Installation',
    synopsis: '[--dry-run] [--config FILE] [--port N] [--site NAME] [--broker URL] [OPTION]...',
    summary: 'install this program as a service of this machine',
    details:
      'For Debian, Ubuntu and Raspberry Pi OS with systemd. Makes a system user, folders, settings that explain themselves and a hardened unit, starts the service, and prints where it is and the one-time code to claim it with. Settings that are there are kept. A second run changes nothing but what is new: another version of the program, other credentials. Updates by page are off until a run turns them on.',
    options: {
      'program-files': {
        type: 'boolean',
        summary: 'only the unit, man page and completion of this program, as an upgrade does it',
      },
      'dry-run': { type: 'boolean', summary: 'only check, and say what would be done' },
      config: { type: 'string', short: 'c', value: 'FILE', summary: 'settings to begin with, TOML' },
      port: { type: 'string', value: 'N', summary: `port of the pages; ${DEFAULT_PORT} if not given` },
      site: { type: 'string', value: 'NAME', summary: 'id of the site; made of the host name if not given' },
      'updates-by-page': {
        type: 'string',
        value: 'on|off',
        summary: 'let root carry out signed updates pages or centre ask for; kept if not given',
      },
      ...BROKER_OPTIONS,
      ...PREFIX_OPTION,
    },
    examples: ['sudo ./webscada-edge install', 'sudo ./webscada-edge install --dry-run --port 443'],
    run: (given, world) =>
      given.flag('program-files')
        ? installProgramFiles(given, world, table())
        : runInstall(given, world, table()),
  };
}

async function runInstall(given: Given, world: CliWorld, verbs: readonly Verb[]): Promise<number> {
  const { system, layout } = placeOf(given);
  const machine = thisMachine();
  const updates = given.text('updates-by-page');
  if (updates !== undefined && (!system || !['on', 'off'].includes(updates)))
    return fail(world, '--updates-by-page is on or off, and is for an installation with systemd', EXIT.usage);
  const beginning = await firstSettings(given, world, layout, machine);
  if (typeof beginning === 'number') return beginning;
  const { config, text, secrets } = beginning;
  const { checkMachine } = await import('../ops/install/checks.ts');
  const findings = await checkMachine({ machine, layout, system, ports: portsOf(config) });
  tellFindings(findings, world);
  const problems = findings.filter(({ level }) => level === 'problem');
  const dry = given.flag('dry-run');
  if (problems.length > 0 && !dry) {
    world.stderr.write('webscada-edge: nothing was installed\n');
    return problems.some(({ permission }) => permission) ? EXIT.permission : EXIT.failure;
  }
  const { planInstallation, describeStep } = await import('../ops/install/plan.ts');
  const { execute, StepError } = await import('../ops/install/execute.ts');
  const steps = planInstallation({
    layout,
    system,
    from: process.execPath,
    settings: text,
    credentials: await credentialNames(layout, Object.keys(secrets)),
    secrets,
    ports: portsOf(config).map(({ port }) => port),
    manual: manPage(verbs, world.version),
    completion: completionScript('bash', verbs),
    updatesByPage: updates === undefined ? machine.exists(layout.updatesPath) || undefined : updates === 'on',
  });
  const words = { unchanged: 'as it is', kept: 'kept', done: dry ? 'to do' : 'done' } as const;
  let changed: boolean;
  try {
    changed = await execute(steps, {
      machine,
      system,
      dry,
      tell: (step, outcome) => world.stdout.write(`${words[outcome].padEnd(9)} ${describeStep(step)}\n`),
    });
    if (dry) world.stdout.write(changed ? 'Nothing was changed.\n' : 'Nothing to do.\n');
    else if (!changed) world.stdout.write('Everything was as it should be; nothing was changed.\n');
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    world.stderr.write(`webscada-edge: ${describeStep(error.step)}: ${error.message}\n`);
    if (error.step.kind === 'running') world.stderr.write('See: webscada-edge service logs\n');
    return EXIT.failure;
  }
  if (dry) return problems.length > 0 ? EXIT.failure : EXIT.ok;
  if (system) await welcome(config, layout, changed, world);
  else {
    const secret = machine.exists(layout.credentials) ? `CREDENTIALS_DIRECTORY=${layout.credentials} ` : '';
    world.stdout.write(`Start it with: ${secret}${layout.executable} run --config ${layout.settingsFile}\n`);
  }
  return EXIT.ok;
}

/** Starts nothing and asks nothing. A plain installation has such files only where somebody has put them. */
async function installProgramFiles(given: Given, world: CliWorld, verbs: readonly Verb[]): Promise<number> {
  const { system, layout } = placeOf(given);
  const machine = thisMachine();
  if (system && machine.uid() !== 0) return fail(world, 'only root may install its files', EXIT.permission);
  const { programFiles, updatesFiles } = await import('../ops/install/plan.ts');
  const { execute } = await import('../ops/install/execute.ts');
  const manual = manPage(verbs, world.version);
  const updates = updatesFiles(layout).filter(([path]) => machine.exists(path));
  const steps = programFiles({ layout, manual, completion: completionScript('bash', verbs), updates });
  const wanted = steps.filter(({ path }) => system || machine.exists(path));
  const tell = ({ path }: { readonly path?: string }, outcome: string): void => {
    if (outcome === 'done') world.stdout.write(`done      ${path}\n`);
  };
  try {
    const changed = await execute(wanted, {
      machine,
      system,
      dry: given.flag('dry-run'),
      tell: (step, outcome) => tell('path' in step ? step : {}, outcome),
    });
    if (changed && system && !given.flag('dry-run')) await machine.run('systemctl', ['daemon-reload']);
    return EXIT.ok;
  } catch (error) {
    return failWith(world, 'its files are not all installed', error);
  }
}

function portsOf({ http, mqtt }: Config): CheckOptions['ports'] {
  const pages = { host: http.host, port: http.port, what: 'pages' };
  const broker = { host: mqtt.embeddedHost, port: mqtt.embeddedPort, what: 'broker', hint: BROKER_HINT };
  return mqtt.mode === 'embedded' ? [pages, broker] : [pages];
}

/** Files among the credentials that are named like a secret setting, with those to come. */
async function credentialNames(layout: Layout, more: readonly string[]): Promise<string[]> {
  const { SETTINGS } = await import('../config/schema.ts');
  const secrets = new Set(SETTINGS.filter(({ doc }) => doc.secret).map(({ path }) => path));
  const names = await readdir(layout.credentials).catch(() => []);
  return [...new Set([...names, ...more])].filter((name) => secrets.has(name)).sort();
}

function tellFindings(findings: readonly Finding[], world: CliWorld): void {
  const marks = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' } as const;
  for (const { what, level, text, hint } of findings) {
    const line = `${marks[level].padEnd(9)} ${what}: ${text}${hint === undefined ? '' : ` (${hint})`}\n`;
    (level === 'ok' ? world.stdout : world.stderr).write(line);
  }
}

/** Where the box is, how to know it, and how to claim it. */
async function welcome(config: Config, layout: Layout, changed: boolean, world: CliWorld): Promise<void> {
  const machine = thisMachine();
  const { askLocally } = await import('../ops/health.ts');
  const { boxUrl, localUrl } = await import('./box-url.ts');
  const url = boxUrl(config, lanAddress());
  const access = await untilAnswered(() => askLocally(`${localUrl(config)}/api/v1/access`));
  const lines = [`\nThe pages: ${url}`];
  if (world.stdout.isTTY === true) {
    const { drawQr } = await import('../ops/qr.ts');
    const code = drawQr(url);
    if (code !== undefined) lines.push(code);
  }
  const print = await fingerprint(config, machine);
  if (print !== undefined) lines.push(`Fingerprint of its certificate (SHA-256): ${print}`);
  if (!access) lines.push('It does not answer yet. See: webscada-edge service logs');
  else if (/"claimed":false/.test(access.body)) lines.push(await claimLine(layout, machine, changed));
  world.stdout.write(`${lines.join('\n')}\n`);
}

async function untilAnswered<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const { pause } = await import('../ops/world.ts');
  for (let left = ANSWER_TRIES; left > 0; left--) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await pause(200);
  }
  return undefined;
}

/** A new code, made as the service's user, so that no file of the store becomes root's. The one before is in the log. */
async function claimLine(layout: Layout, machine: Machine, changed: boolean): Promise<string> {
  const hint = `It is not claimed yet. For a new code: sudo ${layout.executable} reset-admin`;
  if (!changed) return hint;
  const verb = [layout.executable, 'reset-admin', '--json', '--config', layout.settingsFile];
  const made = await machine.run('runuser', ['-u', 'webscada-edge', '--', ...verb]);
  const code = /"claimCode":"([^"]+)"/.exec(made.stdout)?.[1];
  if (code !== undefined) return `One-time code to claim it with: ${code}`;
  return hint;
}

async function fingerprint(config: Config, machine: Machine): Promise<string | undefined> {
  const { fingerprintOf } = await import('../ops/certificate.ts');
  const { http, store } = config;
  const pem = machine.read(http.certFile ?? `${store.dir}/tls.pem`);
  const begin = pem?.indexOf('-----BEGIN CERTIFICATE-----') ?? -1;
  if (pem === undefined || begin < 0 || http.tls === 'off') return undefined;
  try {
    return fingerprintOf(pem.slice(begin));
  } catch {
    return undefined;
  }
}

/** An address of this machine that others can reach, IPv4 before IPv6; undefined when it has none. */
function lanAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const others = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return (others.find(({ family }) => family === 'IPv4') ?? others[0])?.address;
}
