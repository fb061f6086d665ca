/** Wrong settings: every kind of mistake with its exact words. */
import { describe, expect, test } from 'vitest';
import { loaded, problems, toml } from '../support/settings.ts';

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
    ...['Mars/Olympus', '+02:00', 'CEST2'].map((zone): [string, string, string[]] => [
      `P7: a time zone that is none, ${zone}`,
      `[site]\ntime_zone = "${zone}"`,
      [`site.toml:2: site.time_zone must be a time zone such as Europe/Berlin`],
    ]),
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
      ['site.toml:2: centre.sentinels must be a list of texts'],
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
      'a region nobody would answer',
      '[gateway]\nregion = "ISM2400"',
      [
        'site.toml:2: gateway.region is a region whose devices are heard here and never answered: set gateway.transmit = false, or use one of EU868, US915, AU915, AS923, AS923-2, AS923-3, AS923-4, IN865, KR920, RU864, EU433, CN470',
      ],
    ],
    [
      'a sub-band that the region does not have',
      '[gateway]\nregion = "US915"\nsub_band = 11',
      ['site.toml:3: gateway.sub_band is 1 to 8 in US915'],
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
codec = 7
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
      'site.toml:4: devices[0].codec must be text: put it in quotes',
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
