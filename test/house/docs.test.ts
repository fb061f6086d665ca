/**
 * The pages for those who work on the program or look for a fault are true: files, functions, events, reasons, figures and verbs
 * they name exist.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSources, root } from '../../scripts/house/sources.ts';
import { pageWithMap } from '../../scripts/house-map.ts';
import { VERBS } from '../../src/cli/verbs.ts';

const sources = readSources();
const code = sources
  .filter(({ path }) => path.startsWith('src/'))
  .map(({ code: text }) => text)
  .join('\n');

function page(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

/** What stands between backquotes in running text; blocks of code are another matter. */
function quoted(text: string): string[] {
  const running = text.replace(/^```[\s\S]*?^```/gm, '');
  return [...running.matchAll(/`([^`\n]+)`/g)].map(([, words = '']) => words);
}

/** Whether `reason` is written in the code, whole or as a prefix made longer (`frame_${…}`). */
function isReason(reason: string): boolean {
  const literal = (word: string) => new RegExp(`['"\`]${word}['"\`]`).test(code);
  if (literal(reason)) return true;
  return ['frame_', 'join_', 'downlink_'].some(
    (prefix) =>
      reason.startsWith(prefix) && code.includes(`\`${prefix}\${`) && literal(reason.slice(prefix.length)),
  );
}

/** Verbs called in blocks of code: two words where such a verb exists. */
function verbsOf(text: string): string[] {
  return [...text.matchAll(/^(?:sudo )?webscada-edge ([a-z-]+)(?: ([a-z-]+))?/gm)].map(
    ([, first = '', second = '']) =>
      VERBS.some(({ name }) => name.startsWith(`${first} `)) ? `${first} ${second}` : first,
  );
}

describe('docs/debugging.md', () => {
  const text = page('docs/debugging.md');

  test('the events of the log that it names are logged', () => {
    const named = quoted(text).filter((word) =>
      /^(gateway|broker|codec|message|store|clock|influx|centre|mqtt)\.[a-z_]+$/.test(word),
    );
    const parts = /^(broker|mqtt|influx|centre)\.(ok|connecting|degraded|down)$/;
    const settings = page('docs/configuration.md');
    const unknown = named.filter((event) => {
      const [section = '', key = ''] = event.split('.');
      const isSetting = settings.includes(`## \`[${section}]\``) && settings.includes(`\n- \`${key}\` (`);
      const isState = section === 'gateway' && /`gateway\.\$\{state\}`/.test(code);
      return !(parts.test(event) || isSetting || isState || code.includes(`'${event}'`));
    });
    expect(named.length).toBeGreaterThan(10);
    expect(unknown).toEqual([]);
  });

  test('the reasons in its table are counted', () => {
    const rows = text.split('\n').filter((line) => line.startsWith('| `'));
    const reasons = rows.flatMap((row) => quoted(row.split('|')[1] ?? ''));
    expect(reasons.length).toBeGreaterThan(20);
    expect(reasons.filter((reason) => !isReason(reason))).toEqual([]);
  });

  test('the figures it looks for are in /metrics', () => {
    const figures = [...text.matchAll(/metrics \| grep -?E? ?'?([a-z_|()]+)/g)].flatMap(
      ([, words = '']) => words.match(/[a-z]+(_[a-z]+)+/g) ?? [],
    );
    const told = page('src/ops/figures.ts');
    expect(figures.length).toBeGreaterThan(3);
    expect(figures.filter((name) => !told.includes(name))).toEqual([]);
  });

  test('the verbs it calls exist', () => {
    const verbs = verbsOf(text);
    expect(verbs.length).toBeGreaterThan(8);
    expect(verbs.filter((verb) => !VERBS.some(({ name }) => name === verb))).toEqual([]);
  });
});

test('CONTRIBUTING.md, ARCHITECTURE.md and README.md name files that exist', () => {
  const missing = ['CONTRIBUTING.md', 'ARCHITECTURE.md', 'README.md']
    .filter((name) => existsSync(join(root, name)))
    .flatMap((name) => {
      const linked = [...page(name).matchAll(/\]\(([^)#]+)\)/g)].map(([, target = '']) => target);
      const paths = quoted(page(name)).filter(
        (word) => /^\w[\w.-]*\/[\w./-]+$/.test(word) && !/^(dist|out)\//.test(word),
      );
      return [...linked.filter((target) => !/^https?:/.test(target)), ...paths]
        .filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, 'src', path)))
        .map((path) => `${name} names ${path}`);
    });
  expect(missing).toEqual([]);
});

describe('ARCHITECTURE.md', () => {
  const text = page('ARCHITECTURE.md');

  test('its map is drawn from the imports of today (else: node scripts/house-map.ts)', () => {
    expect(pageWithMap(text, sources)).toBe(text);
  });

  /** Of each walk its steps: a file and the functions in it. */
  const walks = [...text.matchAll(/^\*\*(.+?)\*\*.*\n\n((?:\d+\. .*\n)+)/gm)].map(
    ([, title = '', steps = '']) => ({
      title,
      steps: steps
        .trim()
        .split('\n')
        .map((line) => {
          const [file = '', ...rest] = quoted(line);
          const functions = rest.flatMap((word) => /^(\w+)\(\)$/.exec(word)?.[1] ?? []);
          return { file: `src/${file}`, functions };
        }),
    }),
  );

  test('the walks name functions that are in those files', () => {
    expect(walks.map(({ title }) => title)).toEqual([
      'An uplink',
      'A record to InfluxDB',
      'A downlink',
      'A setting',
      'A request',
    ]);
    const problems = walks.flatMap(({ title, steps }) =>
      steps.flatMap(({ file, functions }) => {
        const found = sources.find(({ path }) => path === file);
        if (!found) return [`${title}: no file ${file}`];
        return functions
          .filter(
            (name) =>
              !new RegExp(`\\bfunction ${name}\\b|^ +(?:async )?${name}(?:[(:]|,$)`, 'm').test(found.code),
          )
          .map((name) => `${title}: no ${name}() in ${file}`);
      }),
    );
    expect(problems).toEqual([]);
  });

  test('an uplink takes at most 12 calls through 7 files, a setting at most 5 hops', () => {
    const [uplink, , , setting] = walks;
    const calls = uplink?.steps.flatMap(({ functions }) => functions) ?? [];
    expect(calls.length).toBeGreaterThan(8);
    expect(calls.length).toBeLessThanOrEqual(12);
    expect(new Set(uplink?.steps.map(({ file }) => file)).size).toBeLessThanOrEqual(7);
    expect(setting?.steps.length).toBeLessThanOrEqual(5);
  });

  test('a setting has one name all the way', () => {
    expect(page('src/config/sections/gateway.ts')).toContain('dedup_window_ms: setting(');
    const users = sources.filter(
      ({ path, code: words }) => path.startsWith('src/') && /dedup_?[wW]indow/.test(words),
    );
    expect(users.map(({ path }) => path)).toEqual([
      'src/config/sections/gateway.ts',
      'src/gateway/gateway.ts',
    ]);
  });
});
