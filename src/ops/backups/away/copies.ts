/** The copies of a backup outside the box, after it was made: to each place of the settings, each told by itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../../../model/error-text.ts';
import { type Said, tell } from '../../../model/said.ts';
import { MANIFEST } from '../../backup.ts';
import { digestFile } from '../../upgrade/signature.ts';
import type { Keep } from '../schedule.ts';
import { readRecipient } from './recipient.ts';
import { type SendJob, sendAway } from './send.ts';
import { AwayProblem, awayProblem, type Vault } from './vault.ts';

export interface AwayPlaces {
  readonly copyDir?: string;
  readonly s3?: {
    readonly url: string;
    readonly region: string;
    readonly accessKey: string;
    readonly secretKey: string;
  };
}

export interface CopyOutcome {
  readonly place: string;
  readonly sentBytes?: number;
  /** Why there is no copy there, and what to do. */
  readonly problem?: string;
  readonly hint?: string;
  readonly said?: readonly Said[];
}

export interface CopyJob {
  readonly site: string;
  /** Of the backups. */
  readonly folder: string;
  readonly name: string;
  /** Of the store. */
  readonly dir: string;
  readonly away: AwayPlaces;
  readonly keep: Keep;
  /** Left free on the disk of the backups. */
  readonly reserveBytes: number;
  readonly nowMs: number;
}

export async function sendCopies(job: CopyJob): Promise<CopyOutcome[]> {
  const outcomes: CopyOutcome[] = [];
  for (const { place, open } of placesOf(job.away)) {
    try {
      const { sentBytes } = await sendAway(await sendJob(job, place), await open());
      outcomes.push({ place, sentBytes });
    } catch (error) {
      outcomes.push({ place, ...troubleOf(error) });
    }
  }
  return outcomes;
}

function troubleOf(error: unknown): Pick<CopyOutcome, 'problem' | 'hint' | 'said'> {
  if (error instanceof AwayProblem) return { problem: error.message, hint: error.hint, said: error.said };
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const todo = code === 'ENOSPC' ? 'copy.full.todo' : 'backup.log.todo';
  const { detail, hint, said } = tell('step.error', { error: errorText(error) }, todo);
  return { problem: detail, hint, said };
}

/** The places of the settings, opened when they are used. */
export function placesOf({ copyDir, s3 }: AwayPlaces): { place: string; open: () => Promise<Vault> }[] {
  return [
    ...(copyDir === undefined
      ? []
      : [{ place: copyDir, open: async () => (await import('./folder-vault.ts')).openFolderVault(copyDir) }]),
    ...(s3 === undefined
      ? []
      : [{ place: s3.url, open: async () => (await import('./s3-vault.ts')).openS3Vault(s3) }]),
  ];
}

async function sendJob(
  { site, folder, name, dir, keep, reserveBytes, nowMs }: CopyJob,
  place: string,
): Promise<SendJob> {
  const recipient = readRecipient(dir);
  if (recipient === undefined) throw awayProblem(tell('copy.noKey'));
  const backup = join(folder, name);
  const { files } = JSON.parse(readFileSync(join(backup, MANIFEST), 'utf8')) as Pick<SendJob, 'files'>;
  const manifest = { name: MANIFEST, ...(await digestFile(join(backup, MANIFEST))) };
  const scratch = join(folder, `.${site}.sending-${Buffer.from(place).toString('hex').slice(-16)}`);
  return {
    ...{ site, name, recipient, scratch, keep, reserveBytes, nowMs },
    folder: backup,
    files: [...files, manifest],
  };
}
