/**
 * Draws which room imports which, from the sources, as the Mermaid picture in ARCHITECTURE.md:
 * `node scripts/house-map.ts` writes it; a test compares what is there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readSources, roomOf, root, type Source } from './house/sources.ts';

const BEGIN = '<!-- house-map: made by scripts/house-map.ts -->';
const END = '<!-- house-map end -->';
const PAGE = join(root, 'ARCHITECTURE.md');

/** The picture as Mermaid text: an arrow from a room to each room it imports; `model`, which all may know, is left out. */
export function houseMap(sources: readonly Source[]): string {
  const arrows = new Set<string>();
  for (const { path, imports } of sources) {
    if (!path.startsWith('src/') || /\.test\.tsx?$/.test(path)) continue;
    const from = roomOf(path);
    for (const target of imports) {
      const to = roomOf(target);
      if (target.startsWith('src/') && to !== from && to !== 'model') arrows.add(`  ${from} --> ${to}`);
    }
  }
  return ['```mermaid', 'flowchart TD', ...[...arrows].sort(), '```'].join('\n');
}

/** The page with the picture of today in its place. Throws where the place is missing. */
export function pageWithMap(page: string, sources: readonly Source[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin)
    throw new Error(`ARCHITECTURE.md has no place between "${BEGIN}" and "${END}"`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${houseMap(sources)}\n\n${page.slice(end)}`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(PAGE, pageWithMap(readFileSync(PAGE, 'utf8'), readSources()));
}
