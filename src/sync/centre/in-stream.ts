/** Numbers that are missing in a store and still lie in the stream: another database has had them, or this one was put back. */
import { parseId, readEntry } from '../entry.ts';
import type { SiteKeys } from '../keys.ts';
import type { Gap } from './coverage.ts';
import { listOf, type RedisLink, textOf } from './redis-link.ts';

/** ID of an entry that holds one of the numbers; a block has the ID of its last. */
export async function firstInStream(
  redis: RedisLink,
  { log }: SiteKeys,
  { epoch, first, last }: Gap,
): Promise<string | undefined> {
  const [entry] = listOf(await redis.call('XRANGE', log, `${epoch}-${first}`, '+', 'COUNT', 1));
  const [id, fields] = listOf(entry);
  const read = readEntry(id, fields);
  const at = parseId(textOf(id));
  if (at?.epoch !== epoch) return undefined;
  return (read.ok ? read.firstSeq : at.seq) <= last ? textOf(id) : undefined;
}

/** What has a group read the whole stream once more; what is stored already stays as it is. */
export function readAgainBy({ log }: SiteKeys, group: string): string {
  return `redis-cli XGROUP SETID '${log}' ${group} 0`;
}
