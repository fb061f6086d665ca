/** Lists of other network servers and of makers, and what spreadsheets make of them: read, or told with what to do. */
import { expect, test } from 'vitest';
import { importDevices } from '../../src/devices/import.ts';
import { textOfFile } from '../../src/model/text.ts';
import { leftInEnglish } from '../support/german.ts';

const KEY = '000102030405060708090a0b0c0d0e0f';
const OTHER = 'ffeeddccbbaa99887766554433221100';
const DEVICE = '0004a30b00112233';
const JOIN = '70b3d57ed0000abc';

test.each([
  ['Type;Name;DevEUI;Default AppEUI;Default AppKey', 'Elsys'],
  ['LoRaWAN class;Sensor name;LoRa DevEUI;OTAA JoinEUI;otaa_app_key', 'others'],
])('reads headings with a word in front: %s (%s)', async (headings) => {
  const text = `${headings}\nA;Tank;${DEVICE};${JOIN};${KEY}`;
  const { entries, problems } = await importDevices(text);
  expect(problems).toEqual([]);
  expect(entries).toMatchObject([{ devEui: DEVICE, joinEui: JOIN, appKey: KEY, name: 'Tank' }]);
});

// Members as LORIOT's API gives them; Kerlink's WMC calls the class `classType`.
test("reads LORIOT's list, with the class and the counters used last", async () => {
  const device = {
    ...{ _id: DEVICE.toUpperCase(), title: 'Tank', deveui: DEVICE, appeui: JOIN, appkey: KEY },
    ...{ devaddr: '01020304', nwkskey: OTHER, appskey: KEY, seqno: 1234, seqdn: 56, devclass: 'C' },
    lastDevNonces: [7, 900, 12],
  };
  const session = { devAddr: '01020304', nwkSKey: OTHER, appSKey: KEY };
  const read = async (more: object) =>
    (await importDevices(JSON.stringify({ devices: [{ ...device, ...more }] }))).entries[0];
  expect(await read({})).toMatchObject({
    ...{ name: 'Tank', joinEui: JOIN, appKey: KEY, deviceClass: 'C', carried: { devNonce: 900 } },
    session: { ...session, fCntUp: 1235, fCntDown: 57 },
  });
  expect(await read({ seqno: -1, seqdn: 0, devclass: 'A' })).toMatchObject({
    ...{ deviceClass: 'A', session: { ...session, fCntUp: 0, fCntDown: 1 } },
  });
  const kerlink = `devEui;appKey;classType\n${DEVICE};${KEY};C`;
  expect((await importDevices(kerlink)).entries).toMatchObject([{ deviceClass: 'C' }]);
});

test('a device with 16 bits of a counter may start again, and the column is understood', async () => {
  const read = (value: string) =>
    importDevices(`id;dev_eui;app_key;supports_32_bit_f_cnt\nx;${DEVICE};${KEY};${value}`);
  expect((await read('true')).problems).toEqual([]);
  expect((await read('true')).entries[0]).not.toHaveProperty('allowCounterReset');
  expect((await read('false')).entries).toMatchObject([{ allowCounterReset: true }]);
});

test.each([
  ['devEui', '1.23457E+15', 'has made a number of it'],
  ['devEui', '1,23457e15', 'has made a number of it'],
  ['devEui', '80000000001234', 'has 14 digits, and a spreadsheet takes away zeros'],
  ['joinEui', '7E+14', 'has made a number of it'],
  ['appKey', '9.88929E+30', 'has made a number of it'],
  ['nwkSKey', '1.1E+31', 'has made a number of it'],
  ['devAddr', '1.2E+07', 'has made a number of it'],
])('what a spreadsheet has made of a %s, %j, is told with what to do', async (column, cell, told) => {
  const good = { devEui: DEVICE, joinEui: JOIN, appKey: KEY, devAddr: '01020304', nwkSKey: KEY };
  const cells = Object.values({ ...good, [column]: cell }).map((text) => `"${text}"`);
  const text = `devEui,joinEui,appKey,devAddr,nwkSKey,appSKey\n${cells.join(',')},${KEY}`;
  const { entries, problems } = await importDevices(text);
  expect(entries).toEqual([]);
  expect(problems).toMatchObject([{ line: 2, problem: expect.stringContaining(told) }]);
  expect(problems[0]?.problem).toContain('format "Text"');
  expect(await leftInEnglish(problems)).toEqual([]);
});

test('a cell that is no number and too short is not blamed on a spreadsheet', async () => {
  for (const cell of ['00112233445566', '7e0000000a1234', '12', '12345678901234567'])
    expect((await importDevices(`dev_eui\n${cell}`)).problems).toMatchObject([
      { line: 2, problem: 'the DevEUI is not 16 hex digits' },
    ]);
});

test('letters that nobody sees are no part of a key', async () => {
  const text = `dev_eui,join_eui,app_key\n\u200b${DEVICE},${JOIN}\u00a0,\ufeff${KEY.slice(0, 9)}\u00ad${KEY.slice(9)}`;
  expect((await importDevices(text)).entries).toMatchObject([{ devEui: DEVICE, joinEui: JOIN, appKey: KEY }]);
});

test.each([
  ['a workbook', [0x50, 0x4b, 3, 4, 20, 0, 6, 0, 8, 0, 0xe9]],
  ['a workbook of old', [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0]],
  ['a PDF', [...Buffer.from('%PDF-1.7\n%'), 0xe2, 0xe3]],
])('%s is told to be none of ours', async (_, bytes) => {
  const { entries, problems } = await importDevices(textOfFile(Uint8Array.from(bytes)));
  expect(entries).toEqual([]);
  expect(problems).toMatchObject([{ line: 1, problem: expect.stringContaining('save the list as CSV') }]);
  expect(await leftInEnglish(problems)).toEqual([]);
});
