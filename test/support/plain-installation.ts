/**
 * The built executable installed in a folder, with a stub in systemd's place that starts it again whenever it
 * ends and counts its failures, and
 * other versions of it to upgrade to: the same executable with a few bytes written over, signed with a throw-away key.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeRelease } from '../../scripts/release.ts';
import { type Layout, layoutOf } from '../../src/ops/install/layout.ts';

const root = dirname(dirname(import.meta.dirname));
const built = join(root, 'out/webscada-edge');

/** The version in package.json. */
export const builtVersion = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
).version;

/** Words of the executable and those of the same length to put in their place. */
export type Patch = readonly (readonly [from: string, to: string])[];

/** What makes a version whose health page is gone, and one whose start fails. */
export const SICK: Patch = [['/readyz', '/readyx']];
export const DEAD: Patch = [['appliance.start().then', 'appliance.stort().then']];

/** A version as long as the built one, but with another first digit. */
export function numbered(major: number): string {
  return `${major}${builtVersion.slice(1)}`;
}

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export interface PlainInstallation {
  readonly layout: Layout;
  /** File of the public key that its releases are signed with. */
  readonly keyFile: string;
  /** Makes a release; resolves to its executable. */
  makeVersion(name: string, patch?: Patch): Promise<string>;
  /** Starts the installed executable, and again whenever it ends, as systemd would. */
  start(settings: string): void;
  /** Runs the installed executable's `upgrade`, with a hold of one second. */
  upgrade(...more: readonly string[]): Promise<Ran>;
  /** What the installed executable says of its version. */
  installed(): string;
  stop(): Promise<void>;
}

/** Installs in `folder` what out/ holds, built anew when it is stale. `settings` of `start` is TOML. */
export function plainInstallation(
  folder: string,
  keys = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }),
): PlainInstallation {
  const build = [join(root, 'scripts/build.ts'), '--if-stale', '--quiet'];
  execFileSync(process.execPath, build, { stdio: 'inherit' });
  const place = join(folder, 'box');
  const layout = layoutOf(place);
  const pidFile = join(folder, 'pid');
  const keyFile = join(folder, 'key.pem');
  for (const needed of [dirname(layout.executable), layout.versions, layout.settings])
    mkdirSync(needed, { recursive: true });
  writeFileSync(keyFile, keys.publicKey);
  copyFileSync(built, layout.executable);
  const service = createService(layout, place, pidFile);
  return {
    layout,
    keyFile,
    async makeVersion(name, patch = []) {
      const raw = join(folder, `raw-${name}`);
      writeFileSync(raw, patched([[`"${builtVersion}"`, `"${name}"`], ...patch]), { mode: 0o755 });
      const output = join(folder, name);
      await makeRelease({
        executables: { [process.arch]: raw },
        version: name,
        commit: 'test',
        key: createPrivateKey(keys.privateKey),
        output,
        bill: {},
      });
      rmSync(raw);
      return join(output, `webscada-edge-${name}-linux-${process.arch}`);
    },
    start(settings) {
      writeFileSync(layout.settingsFile, settings);
      service.launch();
    },
    async upgrade(...more) {
      const args = ['upgrade', '--prefix', place, '--pid-file', pidFile, '--hold', '1', ...more];
      const ran = spawn(layout.executable, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      for (const stream of [ran.stdout, ran.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const code = await new Promise<number | null>((resolve) => ran.once('close', resolve));
      return { code, output };
    },
    installed: () => execFileSync(layout.executable, ['version'], { encoding: 'utf8' }).trim(),
    stop: service.stop,
  };
}

/** What systemd does for the unit: starts it again whenever it ends, counting the failures, until it is told to stop. */
function createService(layout: Layout, place: string, pidFile: string) {
  let ending = false;
  let child: ChildProcess | undefined;
  let over = Promise.resolve();
  // What the unit's ExecStopPost does.
  const countFailure = () =>
    execFileSync(join(layout.versions, 'previous'), ['upgrade', '--recover', '--prefix', place], {
      stdio: 'ignore',
    });
  const launch = (): void => {
    const started = spawn(layout.executable, ['run', '--config', layout.settingsFile], { stdio: 'ignore' });
    child = started;
    writeFileSync(pidFile, String(started.pid));
    over = new Promise((resolve) => {
      started.once('exit', (code) => {
        resolve();
        if (ending) return;
        if (code !== 0 && existsSync(join(layout.versions, 'upgrade.json'))) countFailure();
        launch();
      });
    });
  };
  return {
    launch,
    async stop(): Promise<void> {
      ending = true;
      child?.kill('SIGTERM');
      await over;
    },
  };
}

/** The built executable with other words; every word must be there. */
function patched(patch: Patch): Buffer {
  const bytes = readFileSync(built);
  for (const [from, to] of patch) {
    let at = bytes.indexOf(from);
    if (at < 0 || from.length !== to.length) throw new Error(`the executable cannot have ${to} for ${from}`);
    for (; at >= 0; at = bytes.indexOf(from, at + 1)) bytes.write(to, at, 'latin1');
  }
  return bytes;
}
