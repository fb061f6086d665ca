/** What is made from the declaration of the settings: its own completeness, the template, the shown settings, the reference page. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type LoadResult, loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { collectReference, configReference } from '../../src/config/reference.ts';
import { SECTION_DOCS, SETTINGS } from '../../src/config/schema.ts';
import { showConfig } from '../../src/config/show.ts';
import { configTemplate } from '../../src/config/template.ts';
import { checkValue } from '../../src/config/value.ts';

function loadText(text: string, env: Readonly<Record<string, string>> = {}): Promise<LoadResult> {
  return loadConfig({
    file: 'site.toml',
    env,
    readFile: async () => text,
    listFolder: async () => [],
  });
}

function told(result: LoadResult): string[] {
  return result.ok ? [] : result.problems.map(formatProblem);
}

/** Every setting, and every key of a list of tables, by path. */
const DECLARED = SETTINGS.flatMap((setting) => [
  { ...setting, required: false },
  ...(setting.kind.type === 'tables'
    ? setting.kind.fields.map((field) => ({ ...field, path: `${setting.path}.${field.key}` }))
    : []),
]);

describe('the declaration', () => {
  test.each(DECLARED)('$path is described, snake_case, and its default and example are valid', (declared) => {
    expect(declared.doc.description).toMatch(/^[A-Z`].{10,}\.$/s);
    expect(declared.path).toMatch(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/);
    for (const value of [declared.default, declared.doc.example]) {
      if (value !== undefined) expect(checkValue(declared, value)).toEqual({ ok: true, value });
    }
    if (declared.doc.secret === true) expect(declared.default).toBeUndefined();
    else if (!declared.required) expect(declared.default ?? declared.doc.example).toBeDefined();
  });

  test('no two settings share a variable, not even as the file of a secret', () => {
    const names = SETTINGS.flatMap(({ env, doc }) => (doc.secret ? [env, `${env}_FILE`] : [env]));
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^WSE_[A-Z0-9_]+$/.test(name))).toEqual([]);
  });

  test('every section is described', () => {
    expect(Object.keys(SECTION_DOCS)).toEqual([...new Set(SETTINGS.map(({ section }) => section))]);
  });
});

describe('config init', () => {
  test('what it prints loads without problems and changes nothing but the site', async () => {
    const result = await loadText(configTemplate({ site: 'north-hill' }));
    const bare = await loadText('');
    if (!result.ok || !bare.ok) throw new Error([...told(result), ...told(bare)].join('\n'));
    expect(result.config).toEqual({
      ...bare.config,
      site: { ...bare.config.site, id: 'north-hill' },
      mqtt: { ...bare.config.mqtt, clientId: 'webscada-edge-north-hill' },
    });
  });

  test('it shows every setting', () => {
    const text = configTemplate();
    expect(SETTINGS.filter(({ key, section }) => !text.includes(`\n#${key ?? `[[${section}]]`}`))).toEqual(
      [],
    );
  });

  test.each(SETTINGS.filter(({ doc, kind }) => doc.secret !== true && kind.type !== 'tables'))(
    'its line for $path is right when the comment mark is taken away',
    async ({ section, key }) => {
      const lines = configTemplate().split('\n');
      const start = lines.indexOf(`[${section}]`);
      const line = lines.findIndex((text, index) => index > start && text.startsWith(`#${key} = `));
      lines[line] = (lines[line] ?? '').slice(1);
      const needsMore = / is missing: | is of no use without TLS: /;
      expect(told(await loadText(lines.join('\n'))).filter((text) => !needsMore.test(text))).toEqual([]);
    },
  );
});

describe('config show', () => {
  const FILE = `
[site]
name = "Pump \\"A\\""
[[devices]]
dev_eui = "70b3d57ed0000001"
dev_addr = "01020304"
nwk_s_key = "00112233445566778899aabbccddeeff"
app_s_key = "ffeeddccbbaa99887766554433221100"
`;
  const ENV = { WSE_INFLUX__TOKEN: 'S3cret', WSE_CENTRE__URL: 'rediss://site:S3cret@centre.example:6380/1' };

  test('says where each value came from and hides secrets, also inside URLs and devices', async () => {
    const result = await loadText(FILE, ENV);
    if (!result.ok) throw new Error(told(result).join('\n'));
    const lines = showConfig(result.config, result.origins).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'id = "demo" # default',
        'name = "Pump \\"A\\"" # site.toml:3',
        'token = "********" # WSE_INFLUX__TOKEN',
        'url = "rediss://site:********@centre.example:6380/1" # WSE_CENTRE__URL',
        '[[devices]] # site.toml:4',
        'dev_eui = "70b3d57ed0000001"',
        'nwk_s_key = "********"',
        'app_s_key = "********"',
      ]),
    );
    expect(lines.join('\n')).not.toMatch(/S3cret|00112233|ffeeddcc/);
  });

  test('is TOML that loads to the same settings where nothing was hidden', async () => {
    const first = await loadText(
      '[site]\nid = "a"\n[centre]\nsentinels = ["a:1"]\nmaster_name = "m"\n[influx]\ngzip = false',
    );
    if (!first.ok) throw new Error(told(first).join('\n'));
    const second = await loadText(showConfig(first.config, first.origins));
    expect(second.ok && second.config).toEqual(first.config);
  });
});

test('docs/configuration.md is what `node scripts/config-reference.ts` writes: run it after changing a setting', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  expect(page).toBe(configReference());
  const centre = readFileSync(new URL('../../docs/centre-settings.md', import.meta.url), 'utf8');
  expect(centre).toBe(collectReference());
});
