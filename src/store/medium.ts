/**
 * What a folder lies on, as far as it matters whether it is there after the next start: memory, or the upper layer of an overlay
 * (a container without a volume, a system whose card is kept read-only).
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Fleeting {
  /** `layer`: nobody here can see what is beneath. */
  readonly kind: 'memory' | 'layer';
  /** As the kernel calls it: `tmpfs`, `overlay`. */
  readonly type: string;
}

interface Mount {
  readonly path: string;
  readonly type: string;
  readonly source: string;
  readonly options: string;
}

const MEMORY: ReadonlySet<string> = new Set(['tmpfs', 'ramfs', 'devtmpfs', 'rootfs']);
const LAYERS: ReadonlySet<string> = new Set(['overlay', 'aufs', 'fuse.fuse-overlayfs', 'fuse.overlayfs']);
/** An overlay's upper layer may itself lie on one. */
const MAX_LAYERS = 4;

/** What does not last beneath `folder`, which need not be there yet; undefined where it lasts, or nobody can tell. */
export function fleetingUnder(folder: string): Fleeting | undefined {
  try {
    return fleetingIn(readFileSync('/proc/self/mountinfo', 'utf8'), realpathSync(nearest(folder)), isThere);
  } catch {
    return undefined;
  }
}

/**
 * The same from the kernel's list of mounts (proc_pid_mountinfo(5)); `path` is absolute and has no links, `isThere` says whether
 * a folder can be seen from here.
 */
export function fleetingIn(
  mountinfo: string,
  path: string,
  isThere: (folder: string) => boolean,
): Fleeting | undefined {
  const mounts = mountinfo.split('\n').flatMap(mountOf);
  let seen = path;
  for (let layers = 0; layers < MAX_LAYERS; layers++) {
    // Of two on one folder the later one is on top.
    const mount = mounts
      .filter((one) => isUnder(seen, one.path))
      .reduce<Mount | undefined>(
        (best, one) => (one.path.length >= (best?.path.length ?? 0) ? one : best),
        undefined,
      );
    if (!mount) return undefined;
    const { type, source, options } = mount;
    // A disk made of memory: zram of Armbian and of log2ram, and the kernel's RAM disk.
    if (MEMORY.has(type) || /^\/dev\/z?ram\d/.test(source)) return { kind: 'memory', type };
    if (!LAYERS.has(type)) return undefined;
    const upper = /(?:^|,)upperdir=([^,]*)/.exec(options)?.[1];
    // Where it can be seen (OpenWrt) it is a folder like any other.
    if (upper === undefined || !isThere(upper)) return { kind: 'layer', type };
    seen = upper;
  }
  return undefined;
}

function mountOf(line: string): Mount[] {
  const [before = '', after = ''] = line.split(' - ');
  const path = before.split(' ')[4];
  const [type = '', source = '', options = ''] = after.split(' ');
  return path === undefined ? [] : [{ path: plain(path), type, source, options: plain(options) }];
}

/** The kernel writes blanks, tabs, line ends and backslashes as `\040`. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}

function isUnder(path: string, mount: string): boolean {
  return mount === '/' || path === mount || path.startsWith(`${mount}/`);
}

function isThere(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** `path`, or the folder above it that is there. */
function nearest(path: string): string {
  if (statSync(path, { throwIfNoEntry: false }) || dirname(path) === path) return path;
  return nearest(dirname(path));
}
