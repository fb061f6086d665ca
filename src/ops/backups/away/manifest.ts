/** What a copy of a backup consists of, as it lies beside its objects: names, sizes and sums, nothing secret. */
import * as z from 'zod/mini';
import { timeIn } from '../folder.ts';

const MAX_BYTES = 1024 * 1024;
const sum = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const size = z.int().check(z.minimum(0));

const shape = z.object({
  format: z.literal(1),
  site: z.string(),
  name: z.string(),
  recipient: z.string(),
  objects: z.array(
    z.object({
      /** In the backup. */
      name: z.string().check(z.regex(/^[\w][\w.-]{0,199}$/)),
      /** Of the file itself. */
      plainSize: size,
      plainSha256: sum,
      /** As it lies there, encrypted. */
      size,
      sha256: sum,
    }),
  ),
});

export type AwayManifest = z.infer<typeof shape>;

/** Of the site, all copies. */
export const manifestPrefix = (site: string): string => `${site}/copies/`;
export const manifestKey = (site: string, name: string): string => `${manifestPrefix(site)}${name}.json`;
/** One object serves all copies that have this very file, encrypted for the same key. */
export const objectPrefix = (site: string): string => `${site}/objects/`;
export const objectKey = (site: string, recipient: string, plainSha256: string): string =>
  `${objectPrefix(site)}${plainSha256}.${recipient.slice(-8)}.age`;

/** The manifest, or why it cannot be read. */
export function readAway(text: string, site: string): AwayManifest | string {
  let json: unknown;
  try {
    json = text.length > MAX_BYTES ? undefined : JSON.parse(text);
  } catch {
    return 'its list of files is cut short or damaged';
  }
  const format = z.safeParse(z.object({ format: z.number() }), json);
  if (format.success && format.data.format > 1) return 'it was made by a newer version of the program';
  const read = z.safeParse(shape, json);
  if (!read.success) return 'its list of files is damaged';
  if (read.data.site !== site) return `it is of the site ${JSON.stringify(read.data.site)}, not of ${site}`;
  return timeIn(site, read.data.name) === undefined ? 'its name is none of a backup' : read.data;
}
