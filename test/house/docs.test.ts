/**
 * The pages for those who work on the program or look for a fault are true: files, functions, events, reasons, figures and verbs
 * they name exist.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSources, root } from '../../scripts/house/sources.ts';
import { VERBS } from '../../src/cli/verbs.ts';
import { SETTINGS } from '../../src/config/schema.ts';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { CODECS } from '../../src/ingest/codec/codec.ts';
import { REGION_NAMES } from '../../src/model/lorawan.ts';

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

describe('what CONTRIBUTING.md says of adding things is so', () => {
  const filesIn = (folder: string) => sources.filter(({ path }) => path.startsWith(folder));

  test('a region stands in the list, in a file of its own and in the table', () => {
    expect(Object.keys(REGIONS)).toEqual([...REGION_NAMES]);
    for (const name of REGION_NAMES) {
      const file = `src/gateway/region/${name.toLowerCase().replace(/-\d$/, '')}.ts`;
      expect(existsSync(join(root, file)), file).toBe(true);
      expect(page('docs/lorawan.md')).toContain(name.replace(/-\d$/, ''));
    }
  });

  test('a built-in codec has its file, and its line in docs/codecs.md', () => {
    for (const name of CODECS) {
      expect(existsSync(join(root, `src/ingest/codec/${name}.ts`)), name).toBe(true);
      expect(page('docs/codecs.md')).toContain(`| \`${name}\` |`);
    }
  });

  test('a setting is declared in a section, and a section in the schema', () => {
    const sections = filesIn('src/config/sections/');
    for (const section of new Set(SETTINGS.map((setting) => setting.section))) {
      const declared = sections.filter(({ code: text }) => text.includes(`export const ${section} =`));
      expect(
        declared.map(({ path }) => path),
        section,
      ).toHaveLength(1);
    }
  });

  test('a route is declared in a file that app.ts mounts', () => {
    const app = page('src/ui/routes/app.ts');
    const made = filesIn('src/ui/routes/').flatMap(({ code: text }) =>
      [...text.matchAll(/^export function (\w+Routes)\(/gm)].map(([, name = '']) => name),
    );
    expect(made.length).toBeGreaterThan(10);
    expect(made.filter((name) => !app.includes(`${name}(`))).toEqual([]);
    const elsewhere = sources.filter(
      ({ path, code: text }) => /^src\/(?!ui\/(routes|http)\/)/.test(path) && /\boperation\(\{/.test(text),
    );
    expect(elsewhere.map(({ path }) => path)).toEqual([]);
  });

  test('a page has its name in routes.ts and its case in app.tsx', () => {
    const [, names = ''] = /readonly name:\s([^;]+);/.exec(page('src/ui/web/routes.ts')) ?? [];
    const known = [...names.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
    expect(known.length).toBeGreaterThan(2);
    expect(known.filter((name) => !page('src/ui/web/app.tsx').includes(`case '${name}':`))).toEqual([]);
  });

  test('a metric is declared in figures.ts alone', () => {
    const others = sources.filter(
      ({ path, code: text }) =>
        /^src\/(?!deploy\/|ops\/figures)/.test(path) && /webscada_edge_[a-z]*[`']/.test(text),
    );
    expect(others.map(({ path }) => path)).toEqual([]);
  });
});

test('CONTRIBUTING.md, ARCHITECTURE.md and README.md name files that exist', () => {
  const missing = ['CONTRIBUTING.md', 'ARCHITECTURE.md', 'README.md'].flatMap((name) => {
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
      ({ path, code: words }) =>
        path.startsWith('src/') && !path.startsWith('src/ui/web/words/') && /dedup_?[wW]indow/.test(words),
    );
    expect(users.map(({ path }) => path)).toEqual([
      'src/config/sections/gateway.ts',
      'src/gateway/gateway.ts',
    ]);
  });
});

describe('the notes for operators in CHANGELOG.md', () => {
  const [, text = ''] = /### For operators[^\n]*\n([\s\S]*?)### All changes/.exec(page('CHANGELOG.md')) ?? [];

  test('name settings that exist', () => {
    const [, table = ''] = /\*\*New settings\.\*\*([\s\S]*?)\*\*Refused/.exec(text) ?? [];
    const named = quoted(table).filter((word) => /^\w+\.\w+$/.test(word));
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => !SETTINGS.some(({ path }) => path === name))).toEqual([]);
  });

  test('name the old names that still work', () => {
    for (const { name, formerly } of VERBS)
      if (formerly !== undefined) {
        expect(text).toContain(`\`webscada-edge ${formerly} FILE\``);
        expect(text).toContain(`\`webscada-edge ${name} FILE\``);
      }
    expect(text).toContain('`webscada_edge_strangers`');
    expect(page('src/ops/figures.ts')).toContain('strangers`');
    expect(page('src/ui/routes/status.ts')).toContain("'/strangers'");
  });
});
