/**
 * Sends a backup away: each file encrypted, as an object named by what is in it, so that what is there already is not sent
 * again; every object is looked at after it was sent; the list of them comes last, and only then is the copy one. What is
 * being sent lies encrypted beside the backups until it is there, so that an attempt cut short goes on with the same bytes.
 */
import { randomInt } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { type SaidKey, type SaidValues, tell } from '../../../model/said.ts';
import { freeBytesAt } from '../../../store/retention/reserve-file.ts';
import { digestFile } from '../../upgrade/signature.ts';
import { timeIn } from '../folder.ts';
import { type Keep, timesToKeep } from '../schedule.ts';
import {
  type AwayManifest,
  manifestKey,
  manifestPrefix,
  objectKey,
  objectPrefix,
  readAway,
} from './manifest.ts';
import { sealFile } from './seal.ts';
import { awayProblem, type SealedFile, type Vault } from './vault.ts';

/** Read back of each object: its beginning, its end, and places nobody can foresee. */
const SAMPLE_BYTES = 64 * 1024;
const SAMPLES = 3;
const MAX_MANIFEST = 1024 * 1024;
const MAX_COPIES = 1_000;

export interface SendJob {
  readonly site: string;
  /** The backup. */
  readonly folder: string;
  readonly name: string;
  readonly files: readonly { readonly name: string; readonly size: number; readonly sha256: string }[];
  readonly recipient: string;
  /** Folder for what is being sent. */
  readonly scratch: string;
  readonly keep: Keep;
  /** Left free on the disk of the scratch. */
  readonly reserveBytes: number;
  readonly nowMs: number;
}

export interface Sent {
  readonly copies: number;
  readonly sentBytes: number;
}

export async function sendAway(job: SendJob, vault: Vault): Promise<Sent> {
  mkdirSync(job.scratch, { recursive: true, mode: 0o700 });
  removeOthers(job);
  const known = await knownObjects(job, vault);
  const objects: AwayManifest['objects'] = [];
  let sentBytes = 0;
  for (const file of job.files) {
    const key = objectKey(job.site, job.recipient, file.sha256);
    const before = known.get(key);
    if (before && (await vault.look(key))?.size === before.size) {
      objects.push({ ...before, name: file.name });
      continue;
    }
    const sealed = await sealOrGoOn(job, file);
    await vault.put(key, sealed);
    await verify(vault, key, sealed);
    rmSync(sealed.path, { force: true });
    rmSync(`${sealed.path}.json`, { force: true });
    sentBytes += sealed.size;
    const { size, sha256 } = sealed;
    objects.push({ name: file.name, plainSize: file.size, plainSha256: file.sha256, size, sha256 });
  }
  await putManifest(job, objects, vault);
  const copies = await prune(job, vault);
  rmSync(job.scratch, { recursive: true, force: true });
  return { copies, sentBytes };
}

/** What an attempt has left that sent another backup: where none ever arrives it would fill the disk. */
function removeOthers({ scratch, files, recipient }: SendJob): void {
  const ours = new Set(files.map(({ sha256 }) => sealedName(sha256, recipient)));
  for (const name of readdirSync(scratch))
    if (!ours.has(name.replace(/\.json$/, ''))) rmSync(join(scratch, name), { recursive: true, force: true });
}

function sealedName(sha256: string, recipient: string): string {
  return `${sha256}.${recipient.slice(-8)}.age`;
}

/** What earlier copies say of the objects that are there. */
async function knownObjects({ site, recipient }: SendJob, vault: Vault) {
  const known = new Map<string, AwayManifest['objects'][number]>();
  for (const { manifest } of await manifestsIn(site, vault)) {
    if (typeof manifest === 'string' || manifest.recipient !== recipient) continue;
    for (const object of manifest.objects) known.set(objectKey(site, recipient, object.plainSha256), object);
  }
  return known;
}

const sealedNote = z.object({ size: z.number(), sha256: z.string() });

/** Encrypted now, or by the attempt before. */
async function sealOrGoOn(
  { folder, scratch, recipient, reserveBytes }: SendJob,
  file: SendJob['files'][number],
): Promise<SealedFile> {
  const path = join(scratch, sealedName(file.sha256, recipient));
  const before = await sealedBefore(path);
  if (before) return before;
  if (freeBytesAt(scratch) - file.size < reserveBytes) throw awayProblem(tell('copy.noRoom'));
  const sealed = await sealFile(join(folder, file.name), path, recipient);
  writeFileSync(`${path}.json`, JSON.stringify({ size: sealed.size, sha256: sealed.sha256 }), {
    mode: 0o600,
  });
  return sealed;
}

async function sealedBefore(path: string): Promise<SealedFile | undefined> {
  try {
    const note = sealedNote.parse(JSON.parse(readFileSync(`${path}.json`, 'utf8')));
    const found = await digestFile(path);
    return found.sha256 === note.sha256 && found.size === note.size ? { path, ...note } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether what is there is what was sent: its size, its sum where it is told, and places of it read back. */
async function verify(vault: Vault, key: string, sealed: SealedFile): Promise<void> {
  const found = await vault.look(key);
  const wrong = (what: SaidKey, values: SaidValues = {}) =>
    awayProblem(tell(what, { place: vault.name, key, ...values }, 'copy.unlike.todo'));
  if (!found) throw wrong('copy.gone');
  if (found.size !== sealed.size) throw wrong('copy.size', { found: found.size, size: sealed.size });
  if (found.sha256 !== undefined && found.sha256 !== sealed.sha256) throw wrong('copy.checksum');
  for (const from of placesIn(sealed.size)) {
    const to = Math.min(sealed.size, from + SAMPLE_BYTES) - 1;
    const there = Buffer.from(await vault.read(key, from, to));
    if (!there.equals(localPart(sealed.path, from, to))) throw wrong('copy.differs', { from, to });
  }
}

function placesIn(size: number): number[] {
  if (size <= SAMPLE_BYTES) return [0];
  const last = size - SAMPLE_BYTES;
  return [0, last, ...Array.from({ length: SAMPLES }, () => randomInt(last + 1))];
}

function localPart(path: string, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from + 1);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, bytes, 0, bytes.length, from);
    return bytes;
  } finally {
    closeSync(fd);
  }
}

async function putManifest(
  { site, name, recipient, scratch }: SendJob,
  objects: AwayManifest['objects'],
  vault: Vault,
): Promise<void> {
  const manifest: AwayManifest = { format: 1, site, name, recipient, objects };
  const path = join(scratch, 'manifest.json');
  writeFileSync(path, JSON.stringify(manifest), { mode: 0o600 });
  const file = { path, ...(await digestFile(path)) };
  await vault.put(manifestKey(site, name), file);
  await verify(vault, manifestKey(site, name), file);
}

export interface FoundCopy {
  readonly key: string;
  readonly name: string;
  readonly timeMs: number;
  /** Or why it cannot be read. */
  readonly manifest: AwayManifest | string;
}

/** Newest first. */
export async function manifestsIn(site: string, vault: Vault): Promise<FoundCopy[]> {
  const prefix = manifestPrefix(site);
  const found = (await vault.list(prefix)).flatMap((key) => {
    const name = key.slice(prefix.length).replace(/\.json$/, '');
    const timeMs = timeIn(site, name);
    return timeMs === undefined ? [] : [{ key, name, timeMs }];
  });
  const newest = found.sort((a, b) => b.timeMs - a.timeMs).slice(0, MAX_COPIES);
  const copies: FoundCopy[] = [];
  for (const each of newest) {
    const text = Buffer.from(await vault.read(each.key, 0, MAX_MANIFEST)).toString();
    copies.push({ ...each, manifest: readAway(text, site) });
  }
  return copies;
}

/** Copies go as backups do; then the objects that no copy has. While one cannot be read, no object goes. */
async function prune({ site, keep, nowMs }: SendJob, vault: Vault): Promise<number> {
  const copies = await manifestsIn(site, vault);
  const kept = timesToKeep(
    copies.map(({ timeMs }) => timeMs),
    keep,
    nowMs,
  );
  const [stay, go] = [
    copies.filter(({ timeMs }) => kept.has(timeMs)),
    copies.filter(({ timeMs }) => !kept.has(timeMs)),
  ];
  for (const { key } of go) await vault.remove(key);
  if (stay.some(({ manifest }) => typeof manifest === 'string')) return stay.length;
  const used = new Set(
    stay.flatMap(({ manifest }) =>
      typeof manifest === 'string'
        ? []
        : manifest.objects.map(({ plainSha256 }) => objectKey(site, manifest.recipient, plainSha256)),
    ),
  );
  for (const key of await vault.list(objectPrefix(site))) if (!used.has(key)) await vault.remove(key);
  return stay.length;
}
