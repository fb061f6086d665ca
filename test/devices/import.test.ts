/** Files of three network servers become devices; what cannot be read is told by line, without a key in any message. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OnboardingEntry } from '../../src/devices/entry.ts';
import { exportDevices } from '../../src/devices/export.ts';
import { MAX_FILE_CHARS, importDevices as readFile } from '../../src/devices/import.ts';
import { EXPORT_FORMATS } from '../../src/model/onboarding.ts';
import { leftInEnglish } from '../support/german.ts';

/** Without what its columns are taken for, which import-mapping.test.ts looks at. */
async function importDevices(text: string) {
  const { columns: _, ...read } = await readFile(text);
  return read;
}

const KEY = '000102030405060708090a0b0c0d0e0f';
const OTHER = 'ffeeddccbbaa99887766554433221100';

describe('importDevices', () => {
  test('reads CSV of our own and forgives spelling', async () => {
    const text = [
      'DevEUI;Join EUI;Name;Region;Class;AppKey',
      '00:11:22:33:44:55:66:77;0xAABBCCDDEEFF0011;"Tank; north";EU868;C;00010203-04050607-08090a0b-0c0d0e0f',
      '0011223344556678;;;;;',
    ].join('\r\n');
    expect(await importDevices(`\ufeff${text}`)).toEqual({
      entries: [
        {
          devEui: '0011223344556677',
          joinEui: 'aabbccddeeff0011',
          name: 'Tank; north',
          region: 'EU868',
          deviceClass: 'C',
          appKey: KEY,
          missing: 'nothing',
        },
        { devEui: '0011223344556678', name: '0011223344556678', missing: 'key' },
      ],
      problems: [],
    });
  });

  const DEVICE = '0004a30b00112233';
  const JOIN = '70b3d57ed0000abc';
  test.each([
    ['AppEUI/JoinEUI', `DevEUI,AppEUI/JoinEUI,AppKey\n${DEVICE},${JOIN},${KEY}`],
    ['JoinEUI (AppEUI)', `Name;DEVEUI(HEX);JoinEUI (AppEUI);Application Key\nTank;${DEVICE};${JOIN};${KEY}`],
    ['Application EUI', `Device EUI,Application EUI,Application Key\n${DEVICE},${JOIN},${KEY}`],
    ['formulas', `dev_eui,join_eui,app_key\n="${DEVICE.toUpperCase()}",="${JOIN}",="${KEY}"`],
    ['apostrophes', `dev_eui,join_eui,app_key\n'${DEVICE},'${JOIN},'${KEY}`],
    ['a line for the spreadsheet', `sep=;\ndev_eui;join_eui;app_key\n${DEVICE};${JOIN};${KEY}`],
    ['a title', `Sensors, north and south\n\ndev_eui;join_eui;app_key\n${DEVICE};${JOIN};${KEY}`],
  ])('A14: reads spreadsheets with %s', async (_, text) => {
    const { entries, problems } = await importDevices(text);
    expect(problems).toEqual([]);
    expect(entries).toMatchObject([{ devEui: DEVICE, joinEui: JOIN, appKey: KEY }]);
  });

  test('A14: a column that looks like an EUI and is not understood is told', async () => {
    const { entries, problems } = await importDevices(`dev_eui,Server EUI,app_key\n${DEVICE},${JOIN},${KEY}`);
    expect(entries).toHaveLength(1);
    expect(problems).toEqual([
      {
        line: 1,
        problem: expect.stringContaining('"Server EUI" is not understood'),
        said: expect.any(Array),
      },
    ]);
  });

  const NWK = OTHER;
  test.each([
    ['Device EUI;Device Address;Network Session Key;Application Session Key;Frame Counter Up', 1],
    ['DevEUI;DevAddr;NwkSessionKey;AppSessionKey;Battery', 0],
    ['DevEUI;DevAddress;NwkSKey;AppSKey;x', 0],
  ])('A14: reads a session under %j, and tells a column that is lost', async (headings, told) => {
    const text = `${headings}\n${DEVICE};26011234;${NWK};${KEY};41`;
    const { entries, problems } = await importDevices(text);
    const session = { devAddr: '26011234', nwkSKey: NWK, appSKey: KEY };
    expect(entries).toMatchObject([{ devEui: DEVICE, session }]);
    expect(problems).toHaveLength(told);
  });

  test.each(['N/A', '-', 'none', 'NULL', '––'])('A14: a cell with %j holds nothing', async (cell) => {
    const row = [DEVICE, JOIN, KEY, cell, cell, cell].join(';');
    const text = `DevEUI;AppEUI;AppKey;DevAddr;AppSKey;NwkSKey\n${row}`;
    expect(await importDevices(text)).toEqual({
      entries: [{ devEui: DEVICE, joinEui: JOIN, name: DEVICE, appKey: KEY, missing: 'nothing' }],
      problems: [],
    });
  });

  test('A14: a key under a name nobody knows, and digits the other way round, are told', async () => {
    const problems = async (headings: string) =>
      (await importDevices(`${headings}\n${DEVICE},${JOIN},${KEY}`)).problems.map(({ problem }) => problem);
    expect(await problems('DevEUI,JoinEUI,My Key')).toEqual([
      'the column "My Key" is not understood and left out',
    ]);
    expect(await problems('DevEUI,AppEUI (LSB),AppKey')).toEqual([
      'the column "AppEUI (LSB)" is not understood and left out; call it join_eui if it is one',
    ]);
    expect(await problems('DevEUI (LSB),JoinEUI,AppKey')).toHaveLength(1);
    expect(await problems('DevEUI,JoinEUI,gen_app_key')).toEqual([]);
  });

  test('A15: a session of LoRaWAN 1.1 is told; one whose last downlink counter may be 0 goes on at 1', async () => {
    const activation = {
      ...{ devAddr: '01020304', appSKey: KEY, fNwkSIntKey: NWK, nwkSEncKey: NWK },
      ...{ fCntUp: 10, nFCntDown: 0 },
    };
    const read = (sNwkSIntKey: string) =>
      importDevices(
        JSON.stringify({ device: { devEui: DEVICE }, deviceActivation: { ...activation, sNwkSIntKey } }),
      );
    expect((await read(NWK)).entries).toMatchObject([{ session: { fCntUp: 10, fCntDown: 0 } }]);
    expect((await read(KEY)).problems).toMatchObject([
      { line: 1, problem: `${DEVICE}: its session is one of LoRaWAN 1.1, which is not supported` },
    ]);
    const keys = { app_s_key: { key: KEY }, f_nwk_s_int_key: { key: NWK } };
    const things = JSON.stringify({ ids: { dev_eui: DEVICE }, session: { dev_addr: '26011234', keys } });
    expect((await importDevices(things)).entries).toMatchObject([{ session: { fCntDown: 1 } }]);
  });

  test.each([
    ['MAC_V1_0', '1.0.0'],
    ['1.0', '1.0.0'],
    ['MAC_V1_0_1', '1.0.1'],
  ])('A29: takes LoRaWAN %s', async (version, macVersion) => {
    const text = `dev_eui,lorawan_version,app_key\n${DEVICE},${version},${KEY}`;
    expect(await importDevices(text)).toMatchObject({ entries: [{ macVersion }], problems: [] });
    const later = await importDevices(text.replace(version, 'MAC_V1_1'));
    expect(later).toMatchObject({ entries: [], problems: [{ line: 2 }] });
  });

  test("reads The Things Stack's CSV and its stream of JSON", async () => {
    const csv = `id;dev_eui;join_eui;name;frequency_plan_id;lorawan_version;app_key\nx;0011223344556677;AABBCCDDEEFF0011;Tank;EU_863_870_TTN;MAC_V1_0_3;${KEY}\n`;
    const device = {
      ids: { device_id: 'x', dev_eui: '0011223344556677', join_eui: 'AABBCCDDEEFF0011' },
      name: 'Tank',
      lorawan_version: 'MAC_V1_0_3',
      frequency_plan_id: 'EU_863_870_TTN',
      root_keys: { app_key: { key: KEY.toUpperCase() } },
      formatters: { up_formatter_parameter: 'function x() { return "}{"; }' },
    };
    const second = {
      end_device: {
        ids: { dev_eui: '0011223344556678', device_id: 'abp' },
        session: {
          dev_addr: '01ABCDEF',
          keys: { app_s_key: { key: KEY }, f_nwk_s_int_key: { key: OTHER } },
          last_f_cnt_up: 41,
          last_n_f_cnt_down: 6,
        },
      },
    };
    const tank = {
      devEui: '0011223344556677',
      joinEui: 'aabbccddeeff0011',
      name: 'Tank',
      region: 'EU868',
      macVersion: '1.0.3',
      appKey: KEY,
      missing: 'nothing',
    };
    const abp = {
      devEui: '0011223344556678',
      name: 'abp',
      session: { devAddr: '01abcdef', nwkSKey: OTHER, appSKey: KEY, fCntUp: 42, fCntDown: 7 },
      missing: 'nothing',
    };
    expect(await importDevices(csv)).toEqual({ entries: [tank], problems: [] });
    expect(
      await importDevices(`${JSON.stringify(device, undefined, 2)}\n${JSON.stringify(second)}\n`),
    ).toEqual({
      entries: [tank, abp],
      problems: [],
    });
    expect((await importDevices(JSON.stringify({ end_devices: [device] }))).entries).toEqual([tank]);
  });

  test("reads ChirpStack's JSON and CSV, where the AppKey of LoRaWAN 1.0 is the nwkKey", async () => {
    const zero = '0'.repeat(32);
    const expected = [
      {
        devEui: '0011223344556677',
        joinEui: 'aabbccddeeff0011',
        name: 'Tank',
        appKey: KEY,
        missing: 'nothing',
      },
    ];
    const device = {
      devEui: '0011223344556677',
      joinEui: 'aabbccddeeff0011',
      name: 'Tank',
      tags: { a: 'b' },
    };
    const deviceKeys = { devEui: device.devEui, nwkKey: KEY, appKey: zero };
    expect((await importDevices(JSON.stringify([{ device, deviceKeys }]))).entries).toEqual(expected);
    expect(
      (await importDevices(JSON.stringify({ result: [{ ...device, nwkKey: KEY, appKey: OTHER }] }))).entries,
    ).toEqual(expected);
    const csv = `dev_eui,join_eui,name,app_key,nwk_key\n0011223344556677,aabbccddeeff0011,Tank,${zero},${KEY}`;
    expect((await importDevices(csv)).entries).toEqual(expected);
    expect((await importDevices(csv.replace(`${zero},${KEY}`, `${KEY},${zero}`))).entries).toEqual(expected);
  });

  test.each([
    ['dev_eui,app_key\n0011,', 2, 'the DevEUI is not 16 hex digits'],
    ['dev_eui,name\n,x', 2, 'there is no DevEUI'],
    [`dev_eui,app_key\n0011223344556677,${KEY}00`, 2, '0011223344556677: the AppKey is not 32 hex digits'],
    ['dev_eui,join_eui\n0011223344556677,xyz', 2, '0011223344556677: the JoinEUI is not 16 hex digits'],
    ['dev_eui,region\n0011223344556677,CN779', 2, '0011223344556677: the region "CN779" is not supported'],
    [
      'dev_eui,lorawan_version\n0011223344556677,MAC_V1_1',
      2,
      '0011223344556677: LoRaWAN "MAC_V1_1" is not supported; 1.0.0 to 1.0.4 are; ' +
        'a device of 1.1 that joins falls back to 1.0.3: write that, and its NwkKey as the AppKey',
    ],
    [
      'dev_eui,dev_addr\n0011223344556677,01020304',
      2,
      '0011223344556677: its session needs NwkSKey and AppSKey, 32 hex digits each',
    ],
    [
      'dev_eui\n0011223344556677\n\n0011223344556677',
      4,
      'the DevEUI 0011223344556677 comes twice; the first one is kept',
    ],
    ['dev_eui,name\n0011223344556677,x,y', 2, '3 cells under 2 headings'],
    ['name,key\nx,y', 1, 'the first line names the columns, and one of them has to be dev_eui'],
    ['', 1, 'the first line names the columns, and one of them has to be dev_eui'],
    ['{"dev_eui": "0011223344556677"} {"dev_eui": ', 2, 'device 2, line 1: the JSON has no end'],
    ['[1]', 1, 'this is no device but a plain value'],
    ['[null]', 1, 'this is no device but a plain value'],
  ])('says what is wrong with %j', async (text, line, problem) => {
    const { problems } = await importDevices(text);
    expect(problems).toEqual([{ line, problem, said: expect.any(Array) }]);
    expect(await leftInEnglish(problems)).toEqual([]);
  });

  test('reads the good devices beside the bad, and bounds the problems', async () => {
    const lines = Array.from({ length: 400 }, (_, i) => (i % 2 ? 'bad' : i.toString(16).padStart(16, '0')));
    const { entries, problems } = await importDevices(['dev_eui', ...lines].join('\n'));
    expect(entries).toHaveLength(200);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toMatchObject({ line: 203, problem: '100 more problems' });
    expect(await leftInEnglish(problems)).toEqual([]);
  });

  test('never throws, hangs or tells a key', async () => {
    const damaged = fc
      .tuple(
        fc.constantFrom('{', '[', 'dev_eui,app_key\n', '{"devices":[', '{"ids":'),
        fc.json(),
        fc.string({ unit: 'binary' }),
      )
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, fc.json(), fc.string()), async (text) => {
        for (const { line, problem } of (await importDevices(text)).problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(problem).not.toBe('');
        }
      }),
    );
    const { problems } = await importDevices(`dev_eui,app_key\n0011223344556677,${KEY}f`);
    expect(JSON.stringify(problems)).not.toContain(KEY.slice(0, 8));
    expect((await importDevices('['.repeat(100_000))).problems).toHaveLength(1);
    expect((await importDevices('{"a":'.repeat(100_000))).problems).toHaveLength(1);
  });
});

describe('S7: a file of 8 MB that is an attack', () => {
  const CELL = 'has a cell of more than 65536 characters; is a quote missing?';
  const filled = (piece: string, head = '') =>
    head + piece.repeat(Math.floor((MAX_FILE_CHARS - head.length) / piece.length));

  test.each([
    ['nested lists', filled('['), 1, 'device 1, line 1: it is nested more than 64 deep'],
    ['nested objects', filled('{"a":', '[\n'), 1, 'device 1, line 2: it is nested more than 64 deep'],
    ['quotes', filled('"'), 1, `line 1 ${CELL}`],
    ['quotes under a heading', filled('"', 'dev_eui\n'), 2, `line 2 ${CELL}`],
    ['one cell', filled('x', 'dev_eui\n'), 2, `line 2 ${CELL}`],
    [
      'misplaced quotes',
      filled(`${'"x'.repeat(4_000)}${' '.repeat(8_000)}\n`, 'dev_eui\n'),
      2,
      'line 2 has text behind the quote that closes a cell',
    ],
    ['cells', filled(',', 'dev_eui\n'), 2, 'line 2 has more than 256 cells'],
    ['backslashes', filled('\\', '["'), 1, 'device 1, line 1: it has more than 262144 characters'],
    [
      'numbers in one device',
      filled('1,', '{"a":['),
      1,
      'device 1, line 1: it has more than 262144 characters',
    ],
    ['keys', filled('"a":1,', '{'), 1, 'device 1, line 1: it has more than 10000 keys'],
    ['empty lists', filled('[]'), 1, 'device 1, line 1: there are more than 10000 lists'],
    [
      'empty lists under a name',
      filled('"devices":[],', '{'),
      1,
      'device 1, line 1: there are more than 10000 lists',
    ],
    ['lines', filled('\n', '{'), 1, 'device 1, line 1: the JSON has no end'],
  ])('%s: reading stops and says where', async (_, text, line, problem) => {
    const { entries, problems } = await importDevices(text);
    expect(entries).toEqual([]);
    expect(problems).toEqual([{ line, problem, said: expect.any(Array) }]);
    expect(await leftInEnglish(problems)).toEqual([]);
  });

  test.each([
    ['rows', filled('x\n', 'dev_eui\n')],
    ['empty rows', filled(',\n', 'dev_eui\n')],
    ['wide rows', filled(`${'1,'.repeat(250)}\n`, 'dev_eui\n')],
    ['values', filled('1,', '[')],
    ['objects', filled('{"a":1},', '[')],
  ])('%s: others have their turn while it is read', async (_, text) => {
    let turns = 0;
    let isReading = true;
    const count = (): void => {
      turns++;
      if (isReading) setImmediate(count);
    };
    setImmediate(count);
    const { entries, problems } = await importDevices(text);
    isReading = false;
    expect(entries).toEqual([]);
    expect(problems.length).toBeLessThanOrEqual(101);
    // 10 000 rows or devices by the hundred, 8 MB by 16 kB.
    expect(turns).toBeGreaterThan(90);
  });
});

describe('exportDevices', () => {
  const otaa: OnboardingEntry = {
    devEui: '0011223344556677',
    joinEui: 'aabbccddeeff0011',
    name: '=Tank, "north"',
    description: 'behind the\tshed',
    profile: 'Level',
    codec: 'acme level',
    region: 'AS923-2',
    macVersion: '1.0.4',
    deviceClass: 'C',
    appKey: KEY,
    missing: 'nothing',
  };
  const abp: OnboardingEntry = {
    devEui: '0011223344556678',
    name: 'Meter',
    session: { devAddr: '01abcdef', nwkSKey: OTHER, appSKey: KEY, fCntUp: 42, fCntDown: 7 },
    missing: 'nothing',
  };

  test.each(EXPORT_FORMATS)('as %s holds keys only when asked for', async (format) => {
    const text = exportDevices([otaa, abp], { format }).toLowerCase();
    expect(text).toContain(otaa.devEui);
    expect(text).not.toContain(KEY);
    expect(text).not.toContain(OTHER);
    expect((await importDevices(text)).entries.map((entry) => entry.missing)).toEqual(['key', 'key']);
  });

  test.each(['csv', 'json'] as const)('as %s reads back as the same devices', async (format) => {
    const { entries, problems } = await importDevices(exportDevices([otaa, abp], { format, withKeys: true }));
    expect(problems).toEqual([]);
    expect(entries).toEqual([{ ...otaa, description: 'behind the shed' }, abp]);
  });

  test.each(['chirpstack', 'the-things-stack'] as const)(
    'as %s reads back with identity and keys',
    async (format) => {
      const { entries, problems } = await importDevices(
        exportDevices([otaa, abp], { format, withKeys: true }),
      );
      expect(problems).toEqual([]);
      expect(entries).toMatchObject([
        { devEui: otaa.devEui, joinEui: otaa.joinEui, name: otaa.name, appKey: KEY },
        { devEui: abp.devEui, name: abp.name, session: abp.session },
      ]);
    },
  );
});
