/** Collections of device makers' files for tests, in the layouts of the public ones; the makers are made up. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

export interface ArchiveEntry {
  readonly path: string;
  readonly text?: string | Buffer;
  /** '0' a file unless given, '2' a symbolic link. */
  readonly type?: string;
  /** Announced in its place. */
  readonly size?: number;
}

/** An archive, also of what no honest one holds. */
export function tarBytes(entries: readonly ArchiveEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryBytes), Buffer.alloc(1024)]);
}

function entryBytes({ path, text = '', type = '0', size }: ArchiveEntry): Buffer[] {
  const body = Buffer.from(text);
  const head = Buffer.alloc(512);
  head.write(path.slice(0, 100), 0);
  head.write('0000644\0', 100);
  head.write(`${(size ?? body.length).toString(8).padStart(11, '0')}\0`, 124);
  head.write('00000000000\0', 136);
  head.write(`        ${type}`, 148);
  head.write('ustar\u000000', 257);
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [head, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
}

export function writeArchive(file: string, entries: readonly ArchiveEntry[], packed = true): string {
  const bytes = tarBytes(entries);
  writeFileSync(file, packed ? gzipSync(bytes) : bytes);
  return file;
}

const SCRIPT = `function decodeUplink(input) { return { data: { temperature: input.bytes[0] } }; }
function encodeDownlink(input) { return { fPort: 2, bytes: [input.data.valve === 'open' ? 1 : 0] }; }
`;

const profile = (more = '') => `macVersion: '1.0.3'
regionalParametersVersion: 'RP001-1.0.3-RevA'
supportsJoin: true
supportsClassC: false
${more}`;

/** As `lorawan-devices` has it: one maker with two models, one of them with two firmwares. */
export const THINGS: readonly ArchiveEntry[] = [
  { path: 'lorawan-devices-master/', type: '5' },
  { path: 'lorawan-devices-master/LICENSE.md', text: 'Apache License 2.0\n\nCopyright (c) 2020 Makers\n' },
  {
    path: 'lorawan-devices-master/vendor/index.yaml',
    text: 'vendors:\n  - id: acme\n    name: ACME Sensors\n    vendorID: 17\n  - id: module\n    name: Module Maker\n',
  },
  {
    path: 'lorawan-devices-master/vendor/acme/index.yaml',
    text: "endDevices:\n  - valve\n  - probe\nprofileIDs:\n  '7':\n    endDeviceID: valve\n    region: EU863-870\n",
  },
  {
    path: 'lorawan-devices-master/vendor/acme/valve.yaml',
    text: `name: Valve 100
description: Opens and closes, measures temperature
firmwareVersions:
  - version: '1.0'
    profiles:
      EU863-870: { id: valve-eu, codec: valve-codec }
  - version: '2.0'
    profiles:
      EU863-870: { id: valve-eu-c, codec: valve-codec }
      US902-928: { vendorID: module, id: module-us, codec: valve-codec }
      CN779-787: { id: valve-eu }
`,
  },
  {
    path: 'lorawan-devices-master/vendor/acme/probe.yaml',
    text: 'name: Probe\nfirmwareVersions:\n  - version: 1.0\n    profiles:\n      EU863-870: { id: probe-abp }\n',
  },
  { path: 'lorawan-devices-master/vendor/acme/valve-eu.yaml', text: profile() },
  {
    path: 'lorawan-devices-master/vendor/acme/valve-eu-c.yaml',
    text: profile().replace('ClassC: false', 'ClassC: true'),
  },
  {
    path: 'lorawan-devices-master/vendor/acme/probe-abp.yaml',
    text: profile('rx1Delay: 5\nrx2DataRateIndex: 3\nrx2Frequency: 869.525\n')
      .replace('Join: true', 'Join: false')
      .replace('1.0.3', '1.1'),
  },
  {
    path: 'lorawan-devices-master/vendor/acme/valve-codec.yaml',
    text: `uplinkDecoder:
  fileName: valve.js
downlinkEncoder:
  fileName: valve.js
  examples:
    - description: Open the valve
      input: { data: { valve: open } }
      output: { bytes: [1], fPort: 2 }
    - description: Wrong word
      input: { data: { valve: ajar } }
      output: { errors: [unknown] }
`,
  },
  { path: 'lorawan-devices-master/vendor/acme/valve.js', text: SCRIPT },
  { path: 'lorawan-devices-master/vendor/acme/valve.png', text: Buffer.alloc(70_000, 7) },
  { path: 'lorawan-devices-master/vendor/module/module-us.yaml', text: profile() },
];

/** As `chirpstack-device-profiles` has it. */
export const CHIRPSTACK: readonly ArchiveEntry[] = [
  {
    path: 'cs/vendors/best/vendor.toml',
    text: '[vendor]\nname = "Best"\nvendor_id = 42\ndevices = ["meter.toml"]\n',
  },
  {
    path: 'cs/vendors/best/devices/meter.toml',
    text: '[device]\nname = "Meter"\n[[device.firmware]]\nversion = "1.0"\nprofiles = ["EU868.toml", "CN779.toml"]\ncodec = "meter.js"\n',
  },
  {
    path: 'cs/vendors/best/profiles/EU868.toml',
    text: '[profile]\nvendor_profile_id = 9\nregion = "EU868"\nmac_version = "1.0.4"\nreg_params_revision = "RP002-1.0.3"\nsupports_otaa = true\nsupports_class_c = true\n[profile.abp]\nrx1_delay = 0\n',
  },
  {
    path: 'cs/vendors/best/profiles/CN779.toml',
    text: '[profile]\nregion = "CN779"\nmac_version = "1.0.4"\n',
  },
  { path: 'cs/vendors/best/codecs/meter.js', text: SCRIPT },
  {
    path: 'cs/vendors/best/codecs/test_encode_meter.json',
    text: '[{ "name": "Close", "input": { "data": { "valve": "closed" } }, "expected": { "fPort": 2, "bytes": [0] } }]',
  },
];

/** As ChirpStack's API gives a device profile. */
export const TEMPLATE = {
  deviceProfileTemplate: {
    ...{
      id: 'x',
      name: 'Soil',
      vendor: 'Good Ltd',
      firmware: '3',
      region: 'EU868',
      macVersion: 'LORAWAN_1_0_3',
    },
    ...{ regParamsRevision: 'A', supportsOtaa: true, supportsClassC: false, payloadCodecRuntime: 'JS' },
    payloadCodecScript: SCRIPT,
    measurements: { temperature: { name: 'Soil temperature', kind: 'GAUGE' } },
  },
};
