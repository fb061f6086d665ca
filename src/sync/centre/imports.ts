/** What came on sticks, as the import has noted it beside the site's streams: it explains entries that no line has brought. */
import { importsKey } from '../carry/names.ts';
import { listOf, pairsOf, type RedisLink, textOf } from './redis-link.ts';

export interface ImportedFile {
  /** Epoch milliseconds. */
  readonly importedMs: number;
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  /** Records that were new at the centre. */
  readonly landed: number;
}

const NEWEST = 5;

/** The newest imports of a site, newest first. Rejects when Redis does. */
export async function newestImports(
  redis: RedisLink,
  prefix: string,
  site: string,
): Promise<readonly ImportedFile[]> {
  const key = importsKey(prefix, site);
  const entries = listOf(await redis.call('XREVRANGE', key, '+', '-', 'COUNT', NEWEST));
  return entries.flatMap((entry) => {
    const fields = pairsOf(listOf(entry)[1]);
    const number = (name: string) => Number(textOf(fields.get(name)) || 'NaN');
    const file = {
      importedMs: number('imported'),
      epoch: number('epoch'),
      first: number('first'),
      last: number('last'),
      landed: number('landed'),
    };
    return Object.values(file).every(Number.isSafeInteger) && file.importedMs <= 8.64e15 ? [file] : [];
  });
}
