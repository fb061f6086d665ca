/**
 * Builds the executable for arm64 on an x64 machine and starts it under qemu: it knows what it is, opens its store, serves
 * its page and stops cleanly. Says so and does nothing where qemu or the arm64 libraries are missing (on Debian:
 * qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross binutils-aarch64-linux-gnu).
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const SYSROOT = '/usr/aarch64-linux-gnu';
const EMULATOR = 'qemu-aarch64-static';
const PORT = 18_980;
/** Emulated code runs some ten times slower, and the machine may be busy. */
const START_MS = 120_000;
const STOP_MS = 30_000;

function missing(): string | undefined {
  if (process.arch !== 'x64') return 'this is no x64 machine';
  if (spawnSync(EMULATOR, ['--version']).error) return 'qemu-user-static is not installed';
  const libraries = ['libc.so.6', 'libstdc++.so.6'].map((name) => join(SYSROOT, 'lib', name));
  return libraries.every(existsSync) ? undefined : `the arm64 libraries are not in ${SYSROOT}`;
}

async function start(executable: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'wse-arm64-'));
  const settings = [
    `http.port=${PORT}`,
    `mqtt.embedded_port=${PORT + 1}`,
    `store.dir=${join(folder, 'data')}`,
  ];
  const args = ['-L', SYSROOT, executable, 'run', ...settings.flatMap((setting) => ['--set', setting])];
  const child = spawn(EMULATOR, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-10_000);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(`exit code ${code ?? signal}`));
  });
  try {
    const startedMs = performance.now();
    while (!(await isReady())) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}:\n${output}`);
      if (performance.now() - startedMs > START_MS)
        throw new Error(`not ready in ${START_MS} ms:\n${output}`);
      await pause(250);
    }
    const readyMs = performance.now() - startedMs;
    child.kill('SIGTERM');
    const how = await Promise.race([ended, pause(STOP_MS).then(() => 'nothing')]);
    if (how !== 'exit code 0') throw new Error(`after SIGTERM: ${how}:\n${output}`);
    return readyMs;
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function isReady(): Promise<boolean> {
  try {
    const answers = await Promise.all(
      ['readyz', ''].map((path) => fetch(`http://127.0.0.1:${PORT}/${path}`)),
    );
    return answers.every(({ ok }) => ok);
  } catch {
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

const reason = missing();
if (reason !== undefined) {
  console.warn(`SKIPPED: the arm64 executable is not tried: ${reason}`);
} else {
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--arch', 'arm64', '--if-stale'], {
    stdio: 'inherit',
  });
  const executable = join(root, 'out/arm64/webscada-edge');
  const said = execFileSync(EMULATOR, ['-L', SYSROOT, executable, 'version', '--json'], { encoding: 'utf8' });
  if (!said.includes('"arch":"arm64"')) throw new Error(`it says: ${said}`);
  console.log(
    `${said.trim()}\nready after ${Math.round(await start(executable))} ms under qemu, stopped cleanly`,
  );
}
