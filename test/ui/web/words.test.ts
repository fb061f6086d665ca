/** The words of the pages: every language has those of English, with the same places to fill in, and those of the first page come with it. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { buildWeb } from '../../../scripts/build-web.ts';
import { SECTION_DOCS, SETTINGS } from '../../../src/config/schema.ts';
import { INPUT_CODES, PROBLEM_CODES } from '../../../src/model/problem-codes.ts';
import { SAID_TEXTS } from '../../../src/model/said/texts.ts';
import { SILENCE_TEXTS } from '../../../src/model/silence-words.ts';
import { hasText, speak, t } from '../../../src/ui/web/texts.ts';
import { first } from '../../../src/ui/web/words/en/first.ts';
import { later } from '../../../src/ui/web/words/en/later.ts';
import { isLanguage, LANGUAGES, languageOf, localeOf } from '../../../src/ui/web/words/languages.ts';
import type { Text } from '../../../src/ui/web/words/words.ts';
import { ENGLISH } from '../../support/german.ts';
import { temporaryFolder } from '../../support/process.ts';

const WEB = new URL('../../../src/ui/web/', import.meta.url);
const english: Readonly<Record<string, Text>> = { ...first, ...later };

afterEach(() => speak('en', english));

/** The places of a text, of each of its forms. */
function placesOf(text: Text | undefined): string[] {
  const forms = typeof text === 'string' ? [text] : Object.values(text ?? {});
  const places = new Set(forms.flatMap((form) => [...form.matchAll(/\{\w+\}/g)].map(([place]) => place)));
  return [...places].sort();
}

describe.each(Object.keys(LANGUAGES).filter(isLanguage))('the words of %s', (language) => {
  test('have exactly the keys of English, and the same places to fill in', async () => {
    const words: Readonly<Record<string, Text>> = {
      ...(await LANGUAGES[language].first()),
      ...(await LANGUAGES[language].later()),
    };
    expect(Object.keys(words).sort()).toEqual(Object.keys(english).sort());
    const places = (all: Readonly<Record<string, Text>>) =>
      Object.fromEntries(Object.keys(english).map((key) => [key, placesOf(all[key])]));
    expect(places(words)).toEqual(places(english));
    expect(Object.entries(words).filter(([, text]) => JSON.stringify(text).includes('""'))).toEqual([]);
  });

  test('stand in one file each', async () => {
    const folder = new URL(`words/${language}/`, WEB);
    const files = readdirSync(folder).filter(
      (name) => name.endsWith('.ts') && !['first.ts', 'later.ts', 'box.ts', 'described.ts'].includes(name),
    );
    const keys: string[] = [];
    for (const name of files) {
      const file: Record<string, Readonly<Record<string, Text>>> = await import(new URL(name, folder).href);
      for (const words of Object.values(file)) keys.push(...Object.keys(words));
    }
    expect(keys.sort()).toEqual(Object.keys(english).sort());
  });
});

/** Keys named whole in `source`, as `t('…')` or in a table. */
function keysIn(source: string): string[] {
  return [...source.matchAll(/['"]([a-zA-Z]+\.[\w.-]+)['"]/g)].map(([, key = '']) => key);
}

test('what is drawn before any page is fetched needs no word that comes later', async () => {
  const folder = temporaryFolder();
  const files = await buildWeb(folder.path);
  folder.remove();
  const sources = files.filter(({ isFirst }) => isFirst).flatMap((file) => file.sources);
  const own = sources.filter((name) => /src\/ui\/web\/[^/]+\.tsx?$/.test(name));
  expect(own.length).toBeGreaterThan(20);
  const missing = own.flatMap((name) =>
    keysIn(readFileSync(name, 'utf8'))
      .filter((key) => key in later)
      .map((key) => `${name}: ${key}`),
  );
  expect(missing).toEqual([]);
});

test('each language is fetched alone', async () => {
  const folder = temporaryFolder();
  const files = await buildWeb(folder.path);
  folder.remove();
  expect(files.flatMap(({ language }) => language ?? []).sort()).toEqual(Object.keys(LANGUAGES).sort());
  const first = files.filter(({ isFirst }) => isFirst).flatMap(({ sources }) => sources);
  expect(first.filter((name) => /words\/\w+\//.test(name))).toEqual([]);
});

test('no word is there that nothing says', () => {
  const all = readdirSync(WEB, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.startsWith('words/'))
    .map((name) => readFileSync(new URL(name, WEB), 'utf8'))
    .join('\n');
  // The box names these itself, in its verdicts.
  const whole = new Set([...keysIn(all), ...Object.keys(SILENCE_TEXTS)]);
  // `flag.${flag}`: whatever begins and ends so may be said.
  const patterns = [...all.matchAll(/`([a-zA-Z]+\.[^`\s]*\$\{[^`\s]*)`/g)].map(
    ([, made = '']) => new RegExp(`^${made.replaceAll('.', '\\.').replace(/\$\{[^}]*\}/g, '.+')}$`),
  );
  const unsaid = Object.keys(english).filter(
    (key) => !whole.has(key) && !patterns.some((pattern) => pattern.test(key)),
  );
  expect(unsaid).toEqual([]);
});

const boxKeys = [
  ...Object.keys(SAID_TEXTS),
  ...PROBLEM_CODES.map((code) => `problem.${code}`),
  ...INPUT_CODES.map((code) => `input.${code}`),
].sort();

describe.each(
  Object.keys(LANGUAGES)
    .filter(isLanguage)
    .filter((language) => language !== 'en'),
)('what the box says, in %s', (language) => {
  test('has words for every code of the server, with the same places to fill in', async () => {
    const words: Readonly<Record<string, Text>> = (await LANGUAGES[language].box?.()) ?? {};
    expect(Object.keys(words).sort()).toEqual(boxKeys);
    const said: Readonly<Record<string, Text>> = SAID_TEXTS;
    const places = (all: Readonly<Record<string, Text>>) =>
      Object.fromEntries(Object.keys(said).map((key) => [key, placesOf(all[key])]));
    expect(places(words)).toEqual(places(said));
  });
});

test('nothing the box says has a word of English left in it on a German page', async () => {
  const words: Readonly<Record<string, Text>> = (await LANGUAGES.de.box?.()) ?? {};
  const texts = Object.values(words).flatMap((text) =>
    typeof text === 'string' ? [text] : Object.values(text),
  );
  expect(texts.length).toBeGreaterThan(500);
  expect(texts.filter((text) => ENGLISH.test(text))).toEqual([]);
});

describe.each(
  Object.keys(LANGUAGES)
    .filter(isLanguage)
    .filter((language) => language !== 'en'),
)('what settings are for, in %s', (language) => {
  test('is told of every setting and section, with the same things to be written as they are', async () => {
    const shown = SETTINGS.filter(({ kind }) => kind.type !== 'tables');
    const english: Readonly<Record<string, string>> = {
      ...SECTION_DOCS,
      ...Object.fromEntries(shown.map(({ path, doc }) => [path, doc.description])),
    };
    const words = (await LANGUAGES[language].described?.()) ?? {};
    expect(Object.keys(words).sort()).toEqual(Object.keys(english).sort());
    const written = (all: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.keys(english).map((key) => [
          key,
          [...new Set((all[key] ?? '').match(/`[^`]+`|docs\/[\w.]+|\d+/g))].sort(),
        ]),
      );
    expect(written(words)).toEqual(written(english));
  });
});

test('every section with settings has a title', () => {
  const shown = SETTINGS.filter(({ kind }) => kind.type !== 'tables').map(
    ({ section }) => `settings.section.${section}`,
  );
  expect([...new Set(shown)].filter((key) => !(key in english))).toEqual([]);
});

test('what the box says by a code is said somewhere, and advice belongs to it', () => {
  const root = new URL('../../../src/', import.meta.url);
  const all = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('ui/web/') && !/^model\/said\//.test(name))
    .map((name) => readFileSync(new URL(name, root), 'utf8'))
    .join('\n');
  const patterns = [...all.matchAll(/`([a-z]+\.[^`\s]*\$\{[^`\s]*)`/g)].map(
    ([, made = '']) => new RegExp(`^${made.replaceAll('.', '\\.').replace(/\$\{[^}]*\}/g, '[^.]+')}$`),
  );
  const isSaid = (key: string): boolean =>
    all.includes(`'${key}'`) || patterns.some((pattern) => pattern.test(key));
  const unsaid = Object.keys(SAID_TEXTS).filter(
    (key) => !isSaid(key) && !(key.endsWith('.todo') && isSaid(key.replace(/\.todo$/, ''))),
  );
  expect(unsaid).toEqual([]);
});

describe('which language', () => {
  test('is the one chosen, else the first of the browser’s that there is, else English', () => {
    expect(languageOf('de', ['en-US'])).toBe('de');
    expect(languageOf(null, ['fr-CH', 'de-CH', 'en'])).toBe('de');
    expect(languageOf(null, ['fr'])).toBe('en');
    expect(languageOf('xx', ['DE'])).toBe('de');
    expect(languageOf('constructor', [])).toBe('en');
  });

  test('numbers and dates are written as the browser’s own country does, in that language only', () => {
    expect(localeOf('de', ['en-US', 'de-CH'])).toBe('de-CH');
    expect(localeOf('de', ['en-US'])).toBe('de');
    expect(localeOf('en', ['de', 'en-GB'])).toBe('en-GB');
  });
});

describe('a text', () => {
  test('has the plural of its language, and numbers grouped as there', async () => {
    speak('de', { ...(await LANGUAGES.de.first()), ...(await LANGUAGES.de.later()) });
    expect(t('concern.stale', { count: 1 })).toBe('1 Gerät veraltet');
    expect(t('concern.stale', { count: 12_345 })).toBe('12.345 Geräte veraltet');
    speak('pl', { 'concern.stale': { one: '{count} jeden', few: '{count} kilka', other: '{count} wiele' } });
    expect([1, 3, 5].map((count) => t('concern.stale', { count }))).toEqual([
      '1 jeden',
      '3 kilka',
      '5 wiele',
    ]);
  });

  test('is told by its key where it has not come yet, and words come one after the other', () => {
    speak('en', { 'nav.site': 'Site' });
    expect(t('more.title')).toBe('more.title');
    speak(undefined, { 'more.title': 'More' });
    expect([t('nav.site'), t('more.title')]).toEqual(['Site', 'More']);
    expect([hasText('more.title'), hasText('constructor')]).toEqual([true, false]);
  });
});
