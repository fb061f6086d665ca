/** The documentation holds together: every internal link leads somewhere, every command names a verb and options there are, every page has its reader. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../scripts/house/sources.ts';
import { VERBS } from '../../src/cli/verbs.ts';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', ...pagesIn('docs')];

function pagesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** As on GitHub: small letters, spaces as hyphens, nothing but letters, digits, `-` and `_`. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, words = '']) => words);
  return new Set(
    headings.map((words) =>
      words
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('every internal link leads somewhere', () => {
  const links = PAGES.flatMap((page) =>
    [...textOf(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(
      ([, target = '']) => [page, target] as const,
    ),
  );
  expect(links.length).toBeGreaterThan(100);
  const broken = links.filter(([page, target]) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : relative(root, join(root, dirname(page), path));
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor);
  });
  expect(broken.map(([page, target]) => `${page}: ${target}`)).toEqual([]);
});

interface Command {
  readonly page: string;
  readonly line: string;
}

/** Of the first line of what a stick carries. */
const OTHER_WORDS = /^carried 1/;

/** Calls of the program in blocks of code, continued lines joined, and between backquotes. */
function commandsOf(page: string): Command[] {
  const text = textOf(page).replaceAll('\\\n', ' ');
  const lines = [...text.matchAll(/^ *```(?:sh|bash|console)?\n([\s\S]*?)^ *```/gm)].flatMap(
    ([, code = '']) => code.split('\n'),
  );
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...lines, ...inline]
    .flatMap((line) => /(?:^|\s|\/)webscada-edge (?=[a-z-])(.*)$/.exec(line)?.[1] ?? [])
    .filter((line) => !OTHER_WORDS.test(line))
    .map((line) => ({ page, line: line.split(/ #| \| | > | 2>|; |`| && |\)/)[0] ?? '' }));
}

/** What is wrong with a command; undefined for nothing. */
function wrongIn({ page, line }: Command): string | undefined {
  const words = line
    .trim()
    .replace(/^webscada-edge /, '')
    .split(/\s+/)
    .map((word) => word.split('|')[0] ?? '');
  if (words[0] === 'help' || words[0]?.startsWith('--')) return undefined;
  const two = `${words[0]} ${words[1]}`;
  const verb = VERBS.find(({ name }) => name === two) ?? VERBS.find(({ name }) => name === words[0]);
  if (!verb) return `${page}: no verb in "${line}"`;
  const known = new Set(['help', ...Object.keys(verb.options)]);
  const options = [...line.matchAll(/ --([a-z][a-z-]*)(?=[\s=]|$)/g)].map(([, name = '']) => name);
  const unknown = options.filter((name) => !known.has(name));
  return unknown.length > 0 ? `${page}: ${verb.name} has no --${unknown.join(', --')}` : undefined;
}

test('every command in a block of code names a verb and options that there are', () => {
  const commands = PAGES.flatMap(commandsOf);
  expect(commands.length).toBeGreaterThan(50);
  expect(commands.flatMap((command) => wrongIn(command) ?? [])).toEqual([]);
  expect(wrongIn({ page: 'p', line: 'verify-sync --depp' })).toBe('p: verify-sync has no --depp');
  expect(wrongIn({ page: 'p', line: 'backupp create' })).toContain('no verb');
});

test('every page has its reader', () => {
  const index = textOf('docs/README.md');
  const missing = pagesIn('docs').filter(
    (page) =>
      !page.startsWith('docs/decisions/') &&
      page !== 'docs/README.md' &&
      !index.includes(`](${page.slice(5)})`),
  );
  expect(missing).toEqual([]);
});
