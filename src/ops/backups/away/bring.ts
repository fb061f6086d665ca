/** Brings a copy back: fetched, compared, decrypted with the recovery key, compared again; a folder like that of any backup, or none. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../../files/sync-folder.ts';
import { errorText } from '../../../model/error-text.ts';
import { digestFile } from '../../upgrade/signature.ts';
import { objectKey } from './manifest.ts';
import { openFile, recipientOf } from './seal.ts';
import { type FoundCopy, manifestsIn } from './send.ts';
import { AwayProblem, type Vault } from './vault.ts';

export interface BringJob {
  readonly site: string;
  /** The newest where it is not named. */
  readonly name?: string | undefined;
  /** The recovery key. */
  readonly identity: string;
  /** Folder to make. */
  readonly to: string;
}

/** Gives the name of the copy. Rejects, leaving nothing behind, with an AwayProblem. */
export async function bringBack({ site, name, identity, to }: BringJob, vault: Vault): Promise<string> {
  const copies = await manifestsIn(site, vault);
  const copy = name === undefined ? copies[0] : copies.find((each) => each.name === name);
  if (!copy) throw missing(site, name, copies, vault);
  const { manifest } = copy;
  if (typeof manifest === 'string') throw new AwayProblem(`${copy.name}: ${manifest}`, 'take another one');
  if ((await recipientOf(identity).catch(() => '')) !== manifest.recipient)
    throw new AwayProblem(
      `${copy.name} was encrypted for another recovery key`,
      `that one's public half is ${manifest.recipient}: find the sheet that was printed for it`,
    );
  const draft = `${to}.unfinished`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  try {
    for (const object of manifest.objects) {
      const sealed = join(draft, '.sealed');
      const key = objectKey(site, manifest.recipient, object.plainSha256);
      await vault.fetch(key, sealed, object.size);
      await same(sealed, object.size, object.sha256, `${object.name} is not as it was sent`);
      const file = join(draft, object.name);
      await openFile(sealed, file, identity).catch((error: unknown) => {
        throw new AwayProblem(`${object.name} cannot be decrypted: ${errorText(error)}`, 'take another copy');
      });
      await same(file, object.plainSize, object.plainSha256, `${object.name} is not what it was`);
      rmSync(sealed);
    }
    renameSync(draft, to);
    syncFolder(join(to, '..'));
    return copy.name;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

async function same(file: string, size: number, sha256: string, problem: string): Promise<void> {
  const found = await digestFile(file);
  if (found.size === size && found.sha256 === sha256) return;
  const short = found.size < size ? `: cut short, ${found.size} of ${size} bytes` : '';
  throw new AwayProblem(`${problem}${short}`, 'take another copy');
}

function missing(
  site: string,
  name: string | undefined,
  copies: readonly FoundCopy[],
  vault: Vault,
): AwayProblem {
  if (copies.length === 0)
    return new AwayProblem(
      `${vault.name} has no copy of the site ${site}`,
      'is site.id the one of the box that is gone?',
    );
  const names = copies.slice(0, 5).map((each) => each.name);
  return new AwayProblem(`there is no copy ${JSON.stringify(name)}`, `the newest are ${names.join(', ')}`);
}
