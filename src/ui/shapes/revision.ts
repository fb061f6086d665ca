/** What is set of something, as a tag that changes with it: who changes it says by `If-Match` which one was looked at. Pure. */
import { createHash } from 'node:crypto';
import type { GatewayNote } from '../../model/site-document.ts';

const CHARACTERS = 16;

/** Of what people noted down of a gateway, or of nothing. */
export function noteRevision({ name, place, antenna, position }: GatewayNote = {}): string {
  const where = position && [position.latitude, position.longitude];
  return createHash('sha256')
    .update(JSON.stringify([name, place, antenna, where]))
    .digest('base64url')
    .slice(0, CHARACTERS);
}

/**
 * The tags of an `If-Match`, without quotes. Whoever compresses an answer on its way makes its tag a weak one, as our own
 * server does, or writes the coding into it, as Apache does; a caller sends back what it was given.
 */
function tagsOf(ifMatch: string): string[] {
  return ifMatch
    .split(',')
    .flatMap((tag) => /^(?:W\/)?"(.*?)(?:-(?:gzip|br|zstd))?"$/.exec(tag.trim())?.[1] ?? []);
}

/** Whether `If-Match` names this one; '' is of what is not there yet. */
export function isMeant(ifMatch: string, revision: string): boolean {
  return ifMatch.trim() === '*' ? revision !== '' : tagsOf(ifMatch).includes(revision);
}

/** The revision an `If-Match` names, where they are counted; undefined where it names none. */
export function countedRevision(ifMatch = ''): number | undefined {
  const [tag = '', ...others] = tagsOf(ifMatch);
  return others.length === 0 && /^[1-9]\d{0,14}$/.test(tag) ? Number(tag) : undefined;
}
