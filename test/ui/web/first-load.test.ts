/** What a phone on a slow line fetches before it shows anything, and colours that can be read in the sun. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildWeb, firstLoadBytes } from '../../../scripts/build-web.ts';
import { temporaryFolder } from '../../support/process.ts';

const MOST_BYTES = 60_000;

test('all that is fetched before the first page shows is under 60 kB gzipped, and pages opened later are not in it', async () => {
  const folder = temporaryFolder();
  const files = await buildWeb(folder.path);
  const html = readFileSync(`${folder.path}/index.html`, 'utf8');
  folder.remove();
  const first = files.filter(({ isFirst }) => isFirst);
  expect(firstLoadBytes(files)).toBeLessThan(MOST_BYTES);
  const later = files.filter(({ isFirst }) => !isFirst).map(({ name }) => name.replace(/-.*/, ''));
  for (const page of ['device', 'codecs', 'quarantine', 'login', 'wall', 'more'])
    expect(later).toContain(page);
  // What the page names is what is counted.
  const named = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, name]) => name);
  expect(new Set(named)).toEqual(
    new Set(first.map(({ name }) => name).filter((name) => name !== 'index.html')),
  );
});

/** What came after Safari 16.4, Chrome 111 or Firefox 115, for which the pages are built: no compiler brings it to them. */
const NEWER =
  /\b(?:Map|Object)\.groupBy\b|\bPromise\.(?:withResolvers|try)\b|\bArray\.fromAsync\b|\bURL\.(?:canParse|parse)\b|\bAbortSignal\.any\b|\bRegExp\.escape\b|\bIntl\.DurationFormat\b|\bUint8Array\.from(?:Hex|Base64)\b|\.to(?:Hex|Base64)\(|\.(?:values|keys|entries)\(\)\.(?:map|filter|some|every|find|reduce|toArray|take|drop|flatMap|forEach)\(|\.(?:isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference)\(/g;

test('the pages ask nothing of a browser that those they are built for have not', async () => {
  const folder = temporaryFolder();
  const files = await buildWeb(folder.path);
  const found = files
    .filter(({ name }) => name.endsWith('.js'))
    .flatMap(({ name }) =>
      [...readFileSync(`${folder.path}/${name}`, 'utf8').matchAll(NEWER)].map(([what]) => `${name} ${what}`),
    );
  folder.remove();
  expect(found).toEqual([]);
});

/** The colours of a theme, by name; what it does not set is the light one's. */
function coloursOf(theme: string): ReadonlyMap<string, string> {
  const css = readFileSync(new URL('../../../src/ui/web/app.css', import.meta.url), 'utf8');
  const block = (start: string): string => css.slice(css.indexOf(start)).split('}')[0] ?? '';
  const text = `${block(':root {')}${theme === 'light' ? '' : block(`:root[data-theme="${theme}"]`)}`;
  return new Map(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]+);/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

/** WCAG 2: contrast of two colours, 1 to 21. */
function contrast(one: string, other: string): number {
  const light = (hex: string): number => {
    const long = hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit).join('') : hex.slice(1);
    const parts = [0, 2, 4].map((at) => Number.parseInt(long.slice(at, at + 2), 16) / 255);
    const [r = 0, g = 0, b = 0] = parts.map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low = 0, high = 0] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

describe.each(['light', 'dark', 'night'])('the colours of %s', (theme) => {
  const colours = coloursOf(theme);
  const ratio = (ink: string, ground: string) => contrast(colours.get(ink) ?? '', colours.get(ground) ?? '');
  const grounds = ['page', 'card', 'sunk'];

  test('text, quiet text too, has 7:1 on every ground', () => {
    const poor = ['ink', 'quiet', 'warn-ink'].flatMap((ink) =>
      grounds
        .filter((ground) => ratio(ink, ground) < 7)
        .map((ground) => `${ink} on ${ground}: ${ratio(ink, ground).toFixed(2)}`),
    );
    expect(poor).toEqual([]);
  });

  test('what is said on colour has 7:1, and shapes and edges of what is touched have 3:1', () => {
    expect(ratio('on-down', 'down')).toBeGreaterThanOrEqual(7);
    expect(ratio('on-warn', 'warn')).toBeGreaterThanOrEqual(7);
    for (const ground of grounds) {
      expect(ratio('trace', ground)).toBeGreaterThanOrEqual(3);
      expect(ratio('focus', ground)).toBeGreaterThanOrEqual(3);
    }
  });
});
