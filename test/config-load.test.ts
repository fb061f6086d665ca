/** Loading the settings: every source, their order, every kind of wrong input with its exact words. */
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { type LoadOptions, type LoadResult, loadConfig } from '../src/config/load.ts';
import { formatProblem, originText } from '../src/config/problem.ts';
import { type Config, SETTINGS } from '../src/config/schema.ts';

interface Sources {
  readonly files?: Readonly<Record<string, string>>;
  readonly file?: string;
  readonly optional?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

function fileError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** Loads from files in memory; the first of them is the settings file unless `file` says otherwise. */
function load({
  files = {},
  file = Object.keys(files)[0],
  optional,
  env = {},
  flags = [],
}: Sources): Promise<LoadResult> {
  const options: LoadOptions = {
    file,
    ...(optional === undefined ? {} : { optional }),
    env,
    flags,
    async readFile(path) {
      const text = files[path];
      if (text === undefined) throw fileError('ENOENT');
      return text;
    },
    async listFolder(path) {
      const inside = Object.keys(files).filter((name) => name.startsWith(`${path}/`));
      if (inside.length === 0) throw fileError('ENOENT');
      return inside.map((name) => name.slice(path.length + 1)).reverse();
    },
  };
  return loadConfig(options);
}

async function loaded(sources: Sources): Promise<Extract<LoadResult, { ok: true }>> {
  const result = await load(sources);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result;
}

async function problems(sources: Sources): Promise<string[]> {
  const result = await load(sources);
  return result.ok ? [] : result.problems.map(formatProblem);
}

const toml = (text: string): Sources => ({ files: { 'site.toml': text } });

describe('sources', () => {
  test('without any, everything has its default and optional settings are absent', async () => {
    const { config, origins } = await loaded({});
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8080 });
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

describe('wrong input', () => {
  test.each<[string, string, string[]]>([
    [
      'a wrong key',
      '[influx]\nbatch_max_age = 5',
      ['site.toml:2: influx.batch_max_age is not a setting; did you mean `batch_max_age_ms`?'],
    ],
    ['a key of nothing', '[influx]\ncolour = 5', ['site.toml:2: influx.colour is not a setting']],
    [
      'a wrong section',
      '\n[inflx]\nurl = 1',
      ['site.toml:2: inflx is not a section; did you mean `influx`?'],
    ],
    [
      'a key without its section',
      'token = "s3cret"',
      ['site.toml:1: token is not a section; it belongs into [influx]'],
    ],
    [
      'a key in another section',
      '[http]\nbucket = "a"',
      ['site.toml:2: http.bucket is not a setting; it belongs into [influx]'],
    ],
    [
      'a key with a dot in quotes',
      '"influx.url" = "a"',
      ['site.toml:1: influx.url is not a section: put url into [influx]'],
    ],
    ['a value for a section', 'influx = 3', ['site.toml:1: influx must be a section, [influx]']],
    [
      'a number out of range',
      '[http]\nport = 65536',
      ['site.toml:2: http.port must be a whole number from 1 to 65535, not 65536'],
    ],
    [
      'a fraction',
      '[http]\nport = 1.5',
      ['site.toml:2: http.port must be a whole number from 1 to 65535, not 1.5'],
    ],
    [
      'a number without upper limit',
      '[store]\nmax_bytes = 1',
      ['site.toml:2: store.max_bytes must be a whole number of at least 16777216, not 1'],
    ],
    [
      'text for a switch',
      '[influx]\ngzip = "perhaps"',
      ['site.toml:2: influx.gzip must be true or false, not "perhaps"'],
    ],
    [
      'a wrong choice',
      '[mqtt]\nmode = "extern"',
      ['site.toml:2: mqtt.mode must be one of embedded, external, not "extern"; did you mean `external`?'],
    ],
    [
      'a choice without quotes',
      '[mqtt]\nprotocol = 5',
      ['site.toml:2: mqtt.protocol must be text: put it in quotes'],
    ],
    ['a number for text', '[site]\nname = 5', ['site.toml:2: site.name must be text: put it in quotes']],
    ['a list for text', '[site]\nname = ["a"]', ['site.toml:2: site.name must be text']],
    ['a date for text', '[site]\nname = 2026-01-01', ['site.toml:2: site.name must be text']],
    [
      'a NUL',
      '[site]\nname = "a\\u0000b"',
      ['site.toml:2: site.name must not be empty or hold control characters'],
    ],
    [
      'a line break',
      '[influx]\norg = "a\\nb"',
      ['site.toml:2: influx.org must not be empty or hold control characters'],
    ],
    [
      'nothing',
      '[influx]\norg = ""',
      ['site.toml:2: influx.org must not be empty or hold control characters'],
    ],
    [
      'too long a text',
      `[site]\nname = "${'x'.repeat(101)}"`,
      ['site.toml:2: site.name must be text of 1 to 100 characters'],
    ],
    [
      'a bad site id',
      '[site]\nid = "North Hill"',
      ['site.toml:2: site.id must be lower-case letters, digits and inner hyphens, at most 63'],
    ],
    [
      'another scheme',
      '[influx]\nurl = "ftp://h"',
      ['site.toml:2: influx.url must be a URL starting with http:// or https://, without name and password'],
    ],
    [
      'a password in a URL',
      '[mqtt]\nurl = "mqtt://u:p@h"',
      ['site.toml:2: mqtt.url must be a URL starting with mqtt:// or mqtts://, without name and password'],
    ],
    [
      'text for a list',
      '[centre]\nsentinels = "a:1"\nmaster_name = "m"',
      ['site.toml:2: centre.sentinels must be a list'],
    ],
    [
      'an empty list',
      '[centre]\nsentinels = []\nmaster_name = "m"',
      ['site.toml:2: centre.sentinels must have 1 to 32 entries'],
    ],
    [
      'wrong entries',
      '[centre]\nsentinels = ["a:1", "a", 5]\nmaster_name = "m"',
      [
        'site.toml:2: centre.sentinels[1] must be host:port',
        'site.toml:2: centre.sentinels[2] must be text: put it in quotes',
      ],
    ],
    [
      'a broken file',
      '[influx]\ntoken = "s3cret',
      ['site.toml:2: is not valid TOML (column 9): unfinished string'],
    ],
  ])('%s', async (_, text, expected) => {
    expect(await problems(toml(text))).toEqual(expected);
  });

  test.each<[string, string, string[]]>([
    [
      'a mode without its URL',
      '[mqtt]\nmode = "external"',
      ['site.toml:2: mqtt.url is missing: mqtt.mode = "external" needs it'],
    ],
    [
      'a certificate without key',
      '[mqtt]\ncert_file = "a"',
      ['site.toml:2: mqtt.key_file is missing: mqtt.cert_file needs it'],
    ],
    [
      'a key without certificate',
      '[mqtt]\nkey_file = "a"',
      ['site.toml:2: mqtt.cert_file is missing: mqtt.key_file needs it'],
    ],
    [
      'a password without name',
      '[mqtt]\npassword = "a"',
      ['site.toml:2: mqtt.username is missing: mqtt.password needs it'],
    ],
    [
      'sentinels without master',
      '[centre]\nsentinels = ["a:1"]',
      ['site.toml:2: centre.master_name is missing: centre.sentinels needs it'],
    ],
    [
      'a master without sentinels',
      '[centre]\nmaster_name = "m"',
      ['site.toml:2: centre.sentinels is missing: centre.master_name needs it'],
    ],
    [
      'both ways to the centre',
      '[centre]\nurl = "redis://h"\nsentinels = ["a:1"]\nmaster_name = "m"',
      ['site.toml:3: centre.sentinels and centre.url exclude each other: remove one'],
    ],
    [
      'an authority without TLS',
      '[centre]\nurl = "redis://h"\nca_file = "a"',
      ['site.toml:3: centre.ca_file is of no use without TLS: write rediss:// in centre.url'],
    ],
    [
      'an authority for plain sentinels',
      '[centre]\nsentinels = ["a:1"]\nmaster_name = "m"\nca_file = "a"',
      ['site.toml:4: centre.ca_file is of no use without TLS: set centre.tls = true'],
    ],
    [
      'a broker authority without TLS',
      '[mqtt]\nmode = "external"\nurl = "mqtt://h"\nca_file = "a"',
      ['site.toml:4: mqtt.ca_file is of no use without TLS: write mqtts:// in mqtt.url'],
    ],
    [
      'one port twice',
      '[http]\nport = 1883',
      ['site.toml:2: mqtt.embedded_port is the same as http.port: give each its own'],
    ],
  ])('settings that do not go together: %s', async (_, text, expected) => {
    expect(await problems(toml(text))).toEqual(expected);
  });

  test('devices: every mistake of every table, with its line', async () => {
    const text = `
[[devices]]
dev_eui = "70b3d57ed0000001"
codec = "cayene"
[[devices]]
name = "nobody"
dev_adr = "01020304"
[[devices]]
dev_eui = "70B3D57ED0000001"
dev_addr = "0102030x"
nwk_s_key = "00112233445566778899aabbccddeeff"
[[devices]]
dev_eui = 1122334455667788
`;
    expect(await problems(toml(text))).toEqual([
      'site.toml:4: devices[0].codec must be one of cayenne, raw, not "cayene"; did you mean `cayenne`?',
      'site.toml:5: devices[1].dev_eui is missing',
      'site.toml:7: devices[1].dev_adr is not a setting; did you mean `dev_addr`?',
      'site.toml:8: devices[2].app_s_key is missing: dev_addr, nwk_s_key, app_s_key belong together',
      'site.toml:9: devices[2].dev_eui is that of devices[0] (site.toml:3) too: a device is declared once',
      'site.toml:10: devices[2].dev_addr must be 8 hex digits',
      'site.toml:13: devices[3].dev_eui must be text: put it in quotes',
    ]);
  });

  test('a device declared in two files names both places', async () => {
    const text = '[[devices]]\ndev_eui = "70b3d57ed0000001"';
    expect(await problems({ files: { 'site.toml': text, 'conf.d/a.toml': `\n${text}` } })).toEqual([
      'conf.d/a.toml:3: devices[1].dev_eui is that of devices[0] (site.toml:2) too: a device is declared once',
    ]);
  });

  test('the environment: unknown names, wrong values, files that are not there', async () => {
    const env = {
      WSE_INFLUX_TOKEN: 's3cret',
      WSE_INFLUX__URL_FILE: '/x',
      WSE_HTTP__PORT: 'eighty',
      WSE_DEVICES: '{',
      WSE_CENTRE__PASSWORD_FILE: '/none',
      PATH: '/bin',
    };
    expect(await problems({ env })).toEqual([
      'WSE_CENTRE__PASSWORD_FILE: centre.password cannot be read from /none: it does not exist',
      'WSE_DEVICES: devices must be a list of tables',
      'WSE_HTTP__PORT: http.port must be a whole number from 1 to 65535, not "eighty"',
      'WSE_INFLUX__URL_FILE: only secrets can come from a file; set WSE_INFLUX__URL itself',
      'WSE_INFLUX_TOKEN: is not a setting; did you mean `WSE_INFLUX__TOKEN`?',
    ]);
  });

  test('flags: no value, unknown keys, secrets', async () => {
    const flags = [
      'nonsense',
      'htp.port=1',
      'influx.token=s3cret',
      'centre.url=redis://:s3cret@h',
      'http.port=0',
    ];
    expect(await problems({ flags })).toEqual([
      '--set: wants key=value, as in --set http.port=8081',
      '--set centre.url: is a secret, and everyone on the machine can read a command line; set WSE_CENTRE__URL_FILE to the name of a file that holds it',
      '--set htp.port: is not a setting; did you mean `http.port`?',
      '--set http.port: http.port must be a whole number from 1 to 65535, not 0',
      '--set influx.token: is a secret, and everyone on the machine can read a command line; set WSE_INFLUX__TOKEN_FILE to the name of a file that holds it',
    ]);
    expect((await loaded({ flags: ['centre.url=redis://h:6379'] })).config.centre.url).toBe('redis://h:6379');
  });

  test('credentials: a name that is no secret setting', async () => {
    const files = { '/cred/influx.tokn': 's3cret', '/cred/http.port': '1' };
    expect(
      await problems({ file: 'none.toml', optional: true, files, env: { CREDENTIALS_DIRECTORY: '/cred' } }),
    ).toEqual([
      '$CREDENTIALS_DIRECTORY/http.port: is not a secret setting',
      '$CREDENTIALS_DIRECTORY/influx.tokn: is not a secret setting; did you mean `influx.token`?',
    ]);
  });

  test('files: missing, of another kind, broken YAML and JSON with their lines', async () => {
    expect(await problems({ file: 'none.toml' })).toEqual(['none.toml: cannot be read: it does not exist']);
    expect(await problems({ files: { 'a.ini': '' } })).toEqual([
      'a.ini: must end in .toml, .yaml, .yml, .json',
    ]);
    expect(await problems({ files: { 'a.yaml': 'site:\n  id: x\n id: *s3cret\n' } })).toEqual(
      expect.arrayContaining([expect.stringMatching(/^a\.yaml:3: is not valid YAML: /)]),
    );
    expect(await problems({ files: { 'a.json': '{\n"site": {"id": "x",}\n' } })).not.toEqual([]);
    expect(await problems({ files: { 'a.yaml': '- site' } })).toEqual([
      'a.yaml:1: must hold sections, not a single value',
    ]);
    expect(await problems({ files: { 'a.yaml': 'influx:\n  token:\n' } })).toEqual([
      'a.yaml:2: influx.token has no value: give it one or remove it',
    ]);
  });

  test('a wrong value is told even where a right one wins over it, and all sources are told at once', async () => {
    const sources = {
      ...toml('[http]\nport = 0\n[site]\nid = "A"'),
      env: { WSE_HTTP__PORT: '80' },
      flags: ['x=1'],
    };
    expect(await problems(sources)).toEqual([
      '--set x: is not a setting',
      'site.toml:2: http.port must be a whole number from 1 to 65535, not 0',
      'site.toml:4: site.id must be lower-case letters, digits and inner hyphens, at most 63',
    ]);
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
