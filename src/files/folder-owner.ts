/** Whose a folder of ours is. Root may write in any, and what it leaves there its owner can neither read nor replace. */
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

/** The user, other than root, that `path` belongs to, as `sudo -u` takes it, while we are root; else undefined. */
export function ownerBesideRoot(path: string): string | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const uid = statSync(path, { throwIfNoEntry: false })?.uid ?? 0;
  return uid === 0 ? undefined : (nameOf(uid) ?? `'#${uid}'`);
}

/** Gives the files in `dir` that are root's to the folder's owner, while we are root. What cannot be given stays. */
export function giveToOwner(dir: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(dir);
  if (uid === 0) return;
  for (const name of readdirSync(dir)) {
    giveIfOurs(join(dir, name), uid, gid);
  }
}

/** Gives one file, in `dir` or elsewhere, to the owner of `dir`, while we are root. */
export function giveFileToOwner(file: string, dir: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(dir);
  if (uid !== 0) giveIfOurs(file, uid, gid);
}

function giveIfOurs(file: string, uid: number, gid: number): void {
  try {
    give(file, uid, gid);
  } catch {
    // A link, or gone meanwhile.
  }
}

/** Only a file of this folder alone: another name of it may lie where the owner has no rights. */
function give(file: string, uid: number, gid: number): void {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (stat.isFile() && stat.uid === 0 && stat.nlink === 1) fchownSync(fd, uid, gid);
  } finally {
    closeSync(fd);
  }
}

function nameOf(uid: number): string | undefined {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    return lines.map((line) => line.split(':')).find(([, , id]) => id === String(uid))?.[0];
  } catch {
    return undefined;
  }
}
