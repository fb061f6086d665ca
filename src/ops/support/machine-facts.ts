/** What the program runs on, as far as it matters to a fault. */

import { readFileSync } from 'node:fs';
import { arch, cpus, freemem, release as kernel, loadavg, platform, totalmem, uptime } from 'node:os';
import type { Release } from '../release.ts';

export function machineFacts({ version, commit }: Release): object {
  const { heapUsed, rss } = process.memoryUsage();
  return {
    program: {
      version,
      commit,
      node: process.version,
      uptimeS: Math.round(process.uptime()),
      pid: process.pid,
    },
    machine: {
      model: readFirst('/proc/device-tree/model') ?? cpus()[0]?.model,
      system: readFirst('/etc/os-release'),
      ...{ arch: arch(), platform: platform(), kernel: kernel(), cores: cpus().length },
      ...{ uptimeS: Math.round(uptime()), load: loadavg() },
      memory: { totalBytes: totalmem(), freeBytes: freemem(), heapUsed, rss },
    },
    runsIn: runsIn(),
  };
}

/** The same in a few lines, for a page that people sign. */
export function machineLines({ version, commit }: Release): [name: string, value: string][] {
  const system = /^PRETTY_NAME="?([^"]+)/.exec(readFirst('/etc/os-release') ?? '')?.[1];
  return [
    ['Program on this machine', `${version} (${commit}), Node.js ${process.version}`],
    ['Machine', [readFirst('/proc/device-tree/model') ?? cpus()[0]?.model ?? '', arch()].join(', ')],
    ['System', [system ?? platform(), `Linux ${kernel()}`].join(', ')],
  ];
}

function readFirst(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').split('\n', 1)[0]?.replaceAll('\0', '').slice(0, 200);
  } catch {
    return undefined;
  }
}

function runsIn(): string {
  if (process.env.KUBERNETES_SERVICE_HOST !== undefined) return 'Kubernetes';
  if (readFirst('/.dockerenv') !== undefined) return 'a container';
  return process.env.INVOCATION_ID === undefined ? 'a shell or another supervisor' : 'systemd';
}
