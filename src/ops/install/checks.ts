/** What must be so on a machine before anything is installed: each check says what it found and what to do about it. */
import type { Said } from '../../model/said.ts';
import { type Layout, NAME } from './layout.ts';
import type { Machine } from './machine.ts';

export interface Finding {
  readonly what: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly text: string;
  /** What to do. */
  readonly hint?: string;
  /** Text and hint piece by piece, for whoever says them in another language. */
  readonly said?: readonly Said[];
  /** The device it is about, whose verdict `said` is. */
  readonly device?: string;
  /** Missing rights, not a missing thing. */
  readonly permission?: boolean;
}

export interface CheckOptions {
  readonly machine: Machine;
  readonly layout: Layout;
  /** With systemd and a user of its own; false for a plain installation below a folder. */
  readonly system: boolean;
  readonly ports: readonly {
    readonly host: string;
    readonly port: number;
    readonly what: string;
    /** What to do when it is in use. */
    readonly hint?: string;
  }[];
}

const MIN_GLIBC = [2, 34] as const;
/** `CacheDirectory`, credentials and `ProtectProc` are there from here on; Debian 11 has it. */
const MIN_SYSTEMD = 247;
const NEEDED_BYTES = 600e6;
const ADVISED_BYTES = 4e9;

/** Looks at everything, so that all that is wrong can be told at once. */
export async function checkMachine(options: CheckOptions): Promise<Finding[]> {
  const { machine, layout, system } = options;
  const findings = [glibc(machine), space(machine, layout)];
  if (system) findings.unshift(root(machine), distribution(machine), await systemd(machine));
  return [...findings, ...(await ports(options))];
}

function root(machine: Machine): Finding {
  const what = 'rights';
  if (machine.uid() === 0) return { what, level: 'ok', text: 'root' };
  const hint = `run it as: sudo ./${NAME} install`;
  return { what, level: 'problem', text: 'not root', hint, permission: true };
}

function distribution(machine: Machine): Finding {
  const what = 'system';
  const release = machine.read('/etc/os-release') ?? '';
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(release)?.[1] ?? '';
  const text = field('PRETTY_NAME') || 'an unknown Linux';
  if (/\b(debian|ubuntu|raspbian)\b/.test(`${field('ID')} ${field('ID_LIKE')}`))
    return { what, level: 'ok', text };
  return { what, level: 'warning', text, hint: 'tried on Debian, Ubuntu and Raspberry Pi OS only' };
}

async function systemd(machine: Machine): Promise<Finding> {
  const what = 'systemd';
  if (!machine.exists('/run/systemd/system')) {
    const hint = 'run it in a container, or below a folder of its own with --prefix FOLDER';
    return { what, level: 'problem', text: 'does not run this machine', hint };
  }
  const version = Number(/^systemd (\d+)/.exec((await machine.run('systemctl', ['--version'])).stdout)?.[1]);
  if (version >= MIN_SYSTEMD) return { what, level: 'ok', text: String(version) };
  const hint = `${MIN_SYSTEMD} or newer is needed: Debian 12, Ubuntu 22.04, Raspberry Pi OS 12`;
  return { what, level: 'problem', text: Number.isNaN(version) ? 'unknown' : String(version), hint };
}

function glibc(machine: Machine): Finding {
  const what = 'C library';
  const [major = 0, minor = 0] = machine.glibc().split('.').map(Number);
  const text = machine.glibc() === '' ? 'not glibc' : `glibc ${machine.glibc()}`;
  const fits = major > MIN_GLIBC[0] || (major === MIN_GLIBC[0] && minor >= MIN_GLIBC[1]);
  if (fits) return { what, level: 'ok', text };
  const hint = `glibc ${MIN_GLIBC.join('.')} or newer is needed: Debian 12, Ubuntu 22.04, Raspberry Pi OS 12 (64 bit)`;
  return { what, level: 'problem', text, hint };
}

function space(machine: Machine, layout: Layout): Finding {
  const what = 'disk';
  const free = Math.min(machine.freeBytes(layout.data), machine.freeBytes(layout.executable));
  const text = `${(free / 1e9).toFixed(1)} GB free`;
  if (free < NEEDED_BYTES) {
    return { what, level: 'problem', text, hint: `${NEEDED_BYTES / 1e6} MB are needed to begin with` };
  }
  const fleeting = machine.fleeting(layout.data);
  if (fleeting) {
    const lost = `${text}, but not on a disk (${fleeting.type}): all of it is gone after the next start`;
    const hint =
      'switch the read-only mode (overlay) of this system off, or give the folders a partition of their own';
    return { what, level: 'warning', text: lost, hint };
  }
  if (free >= ADVISED_BYTES) return { what, level: 'ok', text };
  const hint = 'set store.max_bytes to what the store may take';
  return { what, level: 'warning', text, hint };
}

async function ports({ machine, ports: wanted, system }: CheckOptions): Promise<Finding[]> {
  // Our own service holds them when it is installed again.
  const ours = system && (await machine.run('systemctl', ['is-active', '--quiet', NAME])).code === 0;
  if (ours) return [{ what: 'ports', level: 'ok', text: 'in use by the running service' }];
  const findings = wanted.map(async ({ host, port, what, hint = 'or choose another' }): Promise<Finding> => {
    if (await machine.portFree(host, port)) return { what, level: 'ok', text: `port ${port} is free` };
    const text = `port ${port} is in use`;
    return {
      what,
      level: 'problem',
      text,
      hint: `see by what: ss -ltnp 'sport = :${port}'; ${hint}`,
    };
  });
  return Promise.all(findings);
}
