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

/** Whether `If-Match` names this one. */
export function isMeant(ifMatch: string, revision: string): boolean {
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  return tags.includes('*') || tags.includes(`"${revision}"`);
}
