/** The settings saved on the pages: where they stand among the sources, and that they never keep a box from starting. */
import { describe, expect, test } from 'vitest';
import { layerText, parseLayer, withChanges } from '../../src/config/layer.ts';
import { originText } from '../../src/config/problem.ts';
import { pagesSettingsFiles } from '../../src/model/pages-settings.ts';
import { load, loaded, problems } from '../support/settings.ts';

const MAIN = '/etc/wse/config.toml';
const { kept, next } = pagesSettingsFiles('/var/lib/wse/');
const main = (text = ''): Record<string, string> => ({ [MAIN]: `[store]\ndir = "/var/lib/wse"\n${text}` });

describe('what was saved on the pages', () => {
  test('wins over files, and the environment, a flag and files of secrets win over it', async () => {
    const files = {
      ...main('[influx]\norg = "file"\nbucket = "file"\n[site]\nid = "file"\nname = "file"'),
      '/etc/wse/conf.d/a.toml': '[influx]\norg = "conf.d"',
      [kept]: '{\n"influx": {"org": "pages", "bucket": "pages", "token": "pages"},\n"site": {"id": "pages"}}',
      '/run/token': 'secret',
    };
    const { config, origins, layers } = await loaded({
      files,
      env: { WSE_INFLUX__BUCKET: 'env', WSE_INFLUX__TOKEN_FILE: '/run/token' },
      flags: ['site.id=flag'],
    });
    expect(config.influx).toMatchObject({ org: 'pages', bucket: 'env', token: 'secret' });
    expect(config.site).toMatchObject({ id: 'flag', name: 'file' });
    const from = (path: string) => originText(origins.get(path) ?? { source: 'default' });
    expect(from('influx.org')).toBe('/var/lib/wse/pages-settings.json:2');
    expect(origins.get('influx.org')?.source).toBe('pages');
    expect(from('influx.bucket')).toBe('WSE_INFLUX__BUCKET');
    expect(layers.beneath.value('influx.org')).toBe('conf.d');
    expect(layers.problems).toEqual([]);
  });

  test('and is not in force yet is read when asked for alone', async () => {
    const files = { ...main(), [kept]: '{"site": {"id": "old"}}', [next]: '{"site": {"id": "new"}}' };
    expect((await loaded({ files })).config.site.id).toBe('old');
    expect((await loaded({ files, pages: 'next' })).config.site.id).toBe('new');
    expect((await loaded({ files, pages: { text: '{"site": {"id": "text"}}' } })).config.site.id).toBe(
      'text',
    );
    expect((await loaded({ files: main(), pages: 'next' })).config.site.id).toBe('demo');
  });

  test.each([
    ['is no JSON', '{"site": '],
    ['names what is no setting', '{"site": {"nmae": "x"}}'],
    ['has a wrong value', '{"http": {"port": 0}}'],
    ['breaks a rule over several settings', '{"http": {"tls": "files"}}'],
    ['says where the store is', '{"store": {"dir": "/tmp"}}'],
    ['names devices', '{"devices": []}'],
  ])('and %s does not keep the box from starting, and is told', async (_, text) => {
    const files = { ...main('[site]\nid = "file"'), [kept]: text };
    const { config, warnings, layers } = await loaded({ files });
    expect(config.site.id).toBe('file');
    expect(layers.problems).toHaveLength(1);
    expect(warnings.at(-1)?.where).toContain(kept);
    expect(warnings.at(-1)?.message).toContain('nothing that was saved on the pages is in force');
    expect((await load({ files: main(), pages: { text } })).ok).toBe(false);
  });

  test('leaves mistakes in other places what they are', async () => {
    const files = { ...main('[http]\nport = 0'), [kept]: '{"site": {"id": "pages"}}' };
    expect(await problems({ files })).toEqual([expect.stringContaining(`${MAIN}:4: http.port must be`)]);
  });
});

test('changes add, replace and give back', () => {
  const layer = withChanges(
    { site: { id: 'a', name: 'A' }, influx: { org: 'x' } },
    {
      'site.id': 'b',
      'influx.org': null,
      'http.port': 8081,
    },
  );
  expect(layer).toEqual({ site: { id: 'b', name: 'A' }, http: { port: 8081 } });
  expect(parseLayer(layerText(layer))).toEqual(layer);
  expect(parseLayer('[]')).toEqual({});
});
