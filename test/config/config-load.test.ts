/** Loading the settings: every source and their order, and input that means harm. */
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { formatProblem, originText } from '../../src/config/problem.ts';
import { type Config, SETTINGS } from '../../src/config/schema.ts';
import { load, loaded, problems } from '../support/settings.ts';

describe('sources', () => {
  test('without any, everything has its default and optional settings are absent', async () => {
    const { config, origins } = await loaded({});
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8080 });
    expect('certFile' in config.http).toBe(false);
    expect(config.mqtt.clientId).toBe('webscada-edge-demo');
    expect('url' in config.influx).toBe(false);
    expectTypeOf(config.influx.batchMaxAgeMs).toEqualTypeOf<number>();
    expectTypeOf(config.influx).toHaveProperty('url').toEqualTypeOf<string | undefined>();
    expectTypeOf(config.mqtt.mode).toEqualTypeOf<'embedded' | 'external'>();
    expectTypeOf<Config['devices'][number]['devEui']>().toEqualTypeOf<string>();
    expect(config.devices).toEqual([]);
    expect([...origins.values()].every(({ source }) => source === 'default')).toBe(true);
    expect(origins.size).toBe(SETTINGS.length);
  });

  test('a region that is heard and never answered passes where nobody answers', async () => {
    const { config } = await loaded({
      files: { '/etc/wse/site.toml': '[gateway]\nregion = "ISM2400"\ntransmit = false' },
    });
    expect(config.gateway).toMatchObject({ region: 'ISM2400', transmit: false });
  });

  test('P7: the time zone of the site is one by its name', async () => {
    for (const zone of ['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires']) {
      const { config } = await loaded({ env: { WSE_SITE__TIME_ZONE: zone } });
      expect(config.site.timeZone).toBe(zone);
    }
  });

  test('a flag wins over the environment, that over conf.d, that over the file, that over the default', async () => {
    const { config, origins, files } = await loaded({
      files: {
        '/etc/wse/config.toml':
          '[influx]\norg = "file"\nbucket = "file"\nmeasurement = "file"\n[site]\nid = "a"',
        '/etc/wse/conf.d/20-b.yaml': 'influx:\n  bucket: twenty\n  measurement: twenty\n',
        '/etc/wse/conf.d/10-a.toml': '[influx]\nbucket = "ten"',
        '/etc/wse/conf.d/README': 'not settings',
      },
      env: { WSE_INFLUX__MEASUREMENT: 'env', WSE_HTTP__PORT: '8081', WSE_SITE__ID: '' },
      flags: ['http.port=8082', 'http.port=8_083'],
    });
    expect(config.influx).toMatchObject({ org: 'file', bucket: 'twenty', measurement: 'env' });
    expect(config.http.port).toBe(8083);
    expect(config.site.id).toBe('a');
    expect(config.mqtt.clientId).toBe('webscada-edge-a');
    const from = (path: string) => originText(origins.get(path) ?? { source: 'default' });
    expect(['influx.org', 'influx.bucket', 'influx.measurement', 'http.port', 'http.host'].map(from)).toEqual(
      [
        '/etc/wse/config.toml:2',
        '/etc/wse/conf.d/20-b.yaml:2',
        'WSE_INFLUX__MEASUREMENT',
        '--set http.port',
        'default',
      ],
    );
    expect(files).toEqual(['/etc/wse/config.toml', '/etc/wse/conf.d/10-a.toml', '/etc/wse/conf.d/20-b.yaml']);
  });

  test('a secret: the named file wins over the credential, that over the variable, that over the file', async () => {
    const files = {
      'site.toml': '[influx]\ntoken = "1"\n[mqtt]\nusername = "u"\npassword = "1"\n[centre]\npassword = "1"',
      '/run/token': '4\n',
      '/cred/influx.token': '3',
      '/cred/mqtt.password': '3\r\n',
      '/cred/tls-key': 'of someone else',
    };
    const { config, warnings } = await loaded({
      files,
      env: {
        WSE_INFLUX__TOKEN_FILE: '/run/token',
        WSE_INFLUX__TOKEN: '2',
        WSE_MQTT__PASSWORD: '2',
        WSE_CENTRE__PASSWORD: '2',
        CREDENTIALS_DIRECTORY: '/cred',
      },
    });
    expect([config.influx.token, config.mqtt.password, config.centre.password]).toEqual(['4', '3', '2']);
    expect(warnings.map(formatProblem)).toEqual([
      'WSE_CENTRE__PASSWORD: centre.password stands in the environment, which other programs may read; better WSE_CENTRE__PASSWORD_FILE',
    ]);
  });

  test.each([
    [
      'site.toml',
      '[site]\nid = "x"\n[influx]\ngzip = false\n[centre]\nsentinels = ["a:1", "[::1]:2"]\nmaster_name = "m"',
    ],
    [
      'site.yaml',
      'site:\n  id: x\ninflux: { gzip: false }\nhttp:\ncentre:\n  sentinels: [ "a:1", "[::1]:2" ]\n  master_name: m\n',
    ],
    [
      'site.json',
      '{"site":{"id":"x"},"influx":{"gzip":false},"centre":{"sentinels":["a:1","[::1]:2"],"master_name":"m"}}',
    ],
  ])('%s says the same in its own format', async (name, text) => {
    const { config } = await loaded({ files: { [name]: text } });
    expect(config.site.id).toBe('x');
    expect(config.influx.gzip).toBe(false);
    expect(config.centre).toMatchObject({ sentinels: ['a:1', '[::1]:2'], masterName: 'm' });
  });

  test('lists and tables can come from the environment', async () => {
    const { config } = await loaded({
      env: {
        WSE_CENTRE__SENTINELS: 'a:1, b:2',
        WSE_CENTRE__MASTER_NAME: 'm',
        WSE_DEVICES: '[{"dev_eui":"70B3D57ED0000001"}]',
        WSE_SIMULATOR__ENABLED: 'yes',
      },
    });
    expect(config.centre.sentinels).toEqual(['a:1', 'b:2']);
    expect(config.devices).toEqual([{ devEui: '70b3d57ed0000001', codec: 'raw' }]);
    expect(config.simulator.enabled).toBe(true);
  });

  test('devices of all files add up', async () => {
    const device = (last: number) => `[[devices]]\ndev_eui = "70b3d57ed000000${last}"\n`;
    const { config } = await loaded({
      files: {
        'a/site.toml': device(1),
        'a/conf.d/1.toml': device(2),
        'a/conf.d/2.toml': device(3) + device(4),
      },
    });
    expect(config.devices.map(({ devEui }) => devEui.at(-1))).toEqual(['1', '2', '3', '4']);
  });

  test('a file that may be missing is not missed, but conf.d beside it is read', async () => {
    const files = { '/etc/wse/conf.d/a.toml': '[site]\nid = "x"' };
    const { config } = await loaded({ files, file: '/etc/wse/config.toml', optional: true });
    expect(config.site.id).toBe('x');
  });

  test('names Kubernetes or the tests put into the environment are no settings', async () => {
    const env = {
      WSE_CONFIG: 'x',
      WSE_TEST_EXCUSED: 'x',
      WSE_EDGE_SERVICE_HOST: '10.0.0.1',
      WSE_EDGE_PORT_8080_TCP_ADDR: '10.0.0.1',
      WSE_EDGE_PORT: 'tcp://10.0.0.1:8080',
    };
    expect(await problems({ env })).toEqual([]);
  });
});

describe('hostile input', () => {
  const secret = 'S3cretValue';

  test.each([
    ['a.toml', `[influx]\ntoken = ${secret}\n`],
    ['a.toml', `[influx]\ntokn = "${secret}"\nurl = "http://u:${secret}@h"`],
    ['a.toml', `[[devices]]\ndev_eui = "${secret}"\nnwk_s_key = "${secret}"\napp_s_key = ["${secret}"]`],
    ['a.yaml', `influx:\n  token: *${secret}\n`],
    ['a.yaml', `influx:\n  token: "${secret}\n`],
    ['a.yaml', `influx:\n token: !${secret} {}\n  ${secret}`],
    ['a.json', `{"influx": {"token": ${secret}}}`],
    ['a.json', `{"influx": {"token": {"${'x'.repeat(10)}": "${secret}"}}}`],
  ])('no problem in %s repeats a secret: %j', async (name, text) => {
    const found = await problems({ files: { [name]: text } });
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((line) => line.includes(secret))).toEqual([]);
  });

  test('any text in any format gives a result', async () => {
    const name = fc.constantFrom('a.toml', 'a.yaml', 'a.json');
    const scraps = fc.constantFrom(
      '[influx]',
      '[[devices]]',
      'url',
      '=',
      ':',
      '"',
      '\n',
      '  ',
      '{',
      '}',
      '&a',
      '*a',
      '__proto__',
      '1e9',
      '- ',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(scraps, { maxLength: 30 }).map((list) => list.join('')),
    );
    await fc.assert(
      fc.asyncProperty(name, text, async (file, content) => {
        const result = await load({ files: { [file]: content } });
        expect(result.ok || result.problems.length > 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('aliases that multiply are refused', async () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 0; i < 10; i++) {
      const from = String.fromCharCode(97 + i);
      lines.push(
        `${String.fromCharCode(98 + i)}: &${String.fromCharCode(98 + i)} [${`*${from}, `.repeat(10)}]`,
      );
    }
    expect(await problems({ files: { 'a.yaml': lines.join('\n') } })).toEqual([
      'a.yaml: is not valid YAML: too many aliases',
    ]);
  });
});
