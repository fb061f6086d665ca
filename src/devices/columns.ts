/**
 * What the columns of a CSV file and the members of a JSON file are called by us, by ChirpStack and by The Things Stack,
 * and how they spell regions and LoRaWAN versions. Names are compared without case and punctuation but for the dots of
 * nesting: `ids.dev_eui` is `ids.deveui`.
 */

import { MAC_VERSIONS, type MacVersion, REGION_NAMES, type RegionName } from '../model/lorawan.ts';
import { type ColumnMapping, IMPORT_COLUMNS, type ImportColumn } from '../model/onboarding.ts';

/** One device of a file: normalised name to value as text. */
export type Columns = ReadonlyMap<string, string>;

const ALIASES = {
  devEui: ['deveui', 'ids.deveui', 'device.deveui', 'devicekeys.deveui', 'deviceeui'],
  joinEui: ['joineui', 'appeui', 'applicationeui', 'ids.joineui', 'ids.appeui', 'device.joineui'],
  name: ['name', 'device.name', 'devicename', 'title', 'id', 'deviceid', 'ids.deviceid'],
  description: ['description', 'device.description'],
  area: ['area', 'group', 'tags.area', 'device.tags.area', 'attributes.area'],
  profile: ['profile', 'deviceprofilename', 'deviceprofile', 'device.deviceprofilename', 'deviceprofileid'],
  codec: ['codec'],
  region: ['region', 'frequencyplanid', 'bandid', 'versionids.bandid'],
  macVersion: ['macversion', 'lorawanversion'],
  deviceClass: ['deviceclass', 'class', 'devclass', 'classtype'],
  supportsClassC: ['supportsclassc'],
  serialNumber: ['serialnumber', 'serial', 'sn', 'attributes.serialnumber'],
  appKey: [
    'appkey',
    'applicationkey',
    'otaakey',
    'joinkey',
    'rootkeys.appkey.key',
    'devicekeys.appkey',
    'keys.appkey',
  ],
  nwkKey: ['nwkkey', 'rootkeys.nwkkey.key', 'devicekeys.nwkkey', 'keys.nwkkey'],
  devAddr: [
    'devaddr',
    'devaddress',
    'deviceaddress',
    'session.devaddr',
    'deviceactivation.devaddr',
    'activation.devaddr',
  ],
  nwkSKey: [
    'nwkskey',
    'nwksessionkey',
    'networksessionkey',
    'fnwksintkey',
    'session.nwkskey',
    'session.keys.fnwksintkey.key',
    'deviceactivation.fnwksintkey',
    'activation.fnwksintkey',
    'nwksenckey',
    'deviceactivation.nwksenckey',
    'activation.nwksenckey',
  ],
  /** Under LoRaWAN 1.0.x the same key as the one above. */
  sNwkSIntKey: [
    'snwksintkey',
    'session.keys.snwksintkey.key',
    'deviceactivation.snwksintkey',
    'activation.snwksintkey',
  ],
  appSKey: [
    'appskey',
    'appsessionkey',
    'applicationsessionkey',
    'session.appskey',
    'session.keys.appskey.key',
    'deviceactivation.appskey',
    'activation.appskey',
  ],
  /** The next counter. */
  fCntUp: ['fcntup', 'session.fcntup', 'deviceactivation.fcntup', 'activation.fcntup'],
  fCntDown: [
    'fcntdown',
    'session.fcntdown',
    'nfcntdown',
    'deviceactivation.nfcntdown',
    'activation.nfcntdown',
  ],
  /** The Things Stack and LORIOT keep the counter used last; LORIOT's of a device never heard is -1. */
  lastFCntUp: ['lastfcntup', 'session.lastfcntup', 'seqno'],
  lastFCntDown: ['lastnfcntdown', 'session.lastnfcntdown', 'seqdn'],
  rx1Delay: [
    'macstate.currentparameters.rx1delay',
    'rx1delay',
    'rx1delays',
    'carried.rx1delays',
    'macsettings.rx1delay',
    'macsettings.rx1delay.value',
  ],
  rx1Offset: [
    'macstate.currentparameters.rx1datarateoffset',
    'rx1offset',
    'carried.rx1offset',
    'rx1datarateoffset',
    'macsettings.rx1datarateoffset',
    'macsettings.rx1datarateoffset.value',
  ],
  rx2DataRate: [
    'macstate.currentparameters.rx2datarateindex',
    'rx2datarate',
    'carried.rx2datarate',
    'rx2datarateindex',
    'macsettings.rx2datarateindex',
    'macsettings.rx2datarateindex.value',
  ],
  rx2Frequency: [
    'macstate.currentparameters.rx2frequency',
    'rx2frequency',
    'carried.rx2frequency',
    'macsettings.rx2frequency',
    'macsettings.rx2frequency.value',
  ],
  resetsFCnt: ['macsettings.resetsfcnt', 'macsettings.resetsfcnt.value', 'resetsfcnt', 'allowcounterreset'],
  /** False: the device keeps 16 bits of its counter. */
  counters32Bit: [
    'macsettings.supports32bitfcnt',
    'macsettings.supports32bitfcnt.value',
    'supports32bitfcnt',
  ],
  lastJoinNonce: [
    'lastjoinnonce',
    'joinnonce',
    'carried.joinnonce',
    'devicekeys.joinnonce',
    'keys.joinnonce',
  ],
  lastDevNonce: ['lastdevnonce', 'devnonce', 'carried.devnonce'],
  /** All that ChirpStack's database has of a device, by JoinEUI in its newer versions. */
  devNonces: ['devnonces', 'lastdevnonces', 'devicekeys.devnonces', 'keys.devnonces'],
} as const;

export type ColumnName = keyof typeof ALIASES;

/** Our name for a heading or member path. */
export function normaliseName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9.]/g, '');
}

/** Words that makers' lists put in front of a name: 'Default AppKey', 'LoRaWAN class', 'OTAA AppKey'. */
const FILLERS = /\b(?:default|factory|lora|lorawan|otaa|abp|sensor|end)\b/gi;

/**
 * The name of a spreadsheet's column: 'JoinEUI (AppEUI)', 'AppEUI/JoinEUI' and 'DEVEUI(HEX)' say the same thing twice, or
 * how it is written.
 */
export function headingName(heading: string): string {
  const whole = normaliseName(heading);
  // Its digits are the other way round, and would be those of another device.
  if (/\blsb\b/i.test(heading)) return whole;
  const parts = heading.split(/[/()[\]]/).map(normaliseName);
  const bare = normaliseName(heading.replaceAll('_', ' ').replace(FILLERS, ''));
  return [whole, ...parts, bare].find(isKnownName) ?? whole;
}

/** What a heading means: as it is told to, or by itself. */
export function meaningOf(heading: string, mapping: ColumnMapping): string {
  const told = Object.hasOwn(mapping, heading) ? mapping[heading] : undefined;
  if (told === undefined) return headingName(heading);
  return told === '' ? '' : ALIASES[told][0];
}

/** Which of the columns people can choose a known name is. */
export function importColumn(name: string): ImportColumn | undefined {
  return IMPORT_COLUMNS.find((column) => (ALIASES[column] as readonly string[]).includes(name));
}

/** The first value given under any of the names; undefined if there is none or it is empty. */
export function pick(columns: Columns, name: ColumnName): string | undefined {
  for (const alias of ALIASES[name]) {
    const value = columns.get(alias)?.trim();
    if (value) return value;
  }
  return undefined;
}

const KNOWN_NAMES: ReadonlySet<string> = new Set(Object.values(ALIASES).flat());

/** Whether a heading or member path, normalised, means anything here. */
export function isKnownName(name: string): boolean {
  return KNOWN_NAMES.has(name);
}

/** Of LoRaWAN 1.1, of multicast, of a counter no device of 1.0.x has. */
const NOT_NEEDED = /^(?:genappkey|a?fcntdown|lasta?fcntdown|lastconffcntdown|mc\w*)$/;

/** Whether a heading that means nothing here names something a device is lost without. */
export function isMissed(name: string): boolean {
  const last = name.split('.').at(-1) ?? '';
  return (
    !isKnownName(name) && !NOT_NEEDED.test(last) && /eui|key$|addr(?:ess)?$|fcnt|counter|nonce/.test(last)
  );
}

/** Whether the member is a list of numbers, or lists under further names, which count as one. */
export function isNumberList(name: string): boolean {
  const known: readonly string[] = ALIASES.devNonces;
  return known.includes(name);
}

/** Whether any heading is known at all. */
export function knowsColumn(name: ColumnName, headings: Iterable<string>): boolean {
  const known: readonly string[] = ALIASES[name];
  for (const heading of headings) if (known.includes(heading)) return true;
  return false;
}

/** 'EU868', 'eu868_1', 'EU_863_870_TTN', 'EU863-870'; undefined for a region not supported. */
export function readRegion(text: string): RegionName | undefined {
  const name = text.toUpperCase().replaceAll('_', '-');
  const exact = REGION_NAMES.find((region) => region === name);
  if (exact) return exact;
  const group = /^AS-?923(?:-(\d))?(?:-|$)/.exec(name);
  if (group) {
    return REGION_NAMES.find(
      (region) => region === (group[1] === undefined || group[1] === '1' ? 'AS923' : `AS923-${group[1]}`),
    );
  }
  const starts: readonly (readonly [string, RegionName])[] = [
    ['EU868', 'EU868'],
    ['EU-863-870', 'EU868'],
    ['EU863-870', 'EU868'],
    ['US915', 'US915'],
    ['US-902-928', 'US915'],
    ['US902-928', 'US915'],
    ['AU915', 'AU915'],
    ['AU-915-928', 'AU915'],
    ['AS-920-923', 'AS923'],
    ['IN865', 'IN865'],
    ['IN-865-867', 'IN865'],
    ['KR920', 'KR920'],
    ['KR-920-923', 'KR920'],
    ['RU864', 'RU864'],
    ['RU-864-870', 'RU864'],
    ['EU433', 'EU433'],
    ['EU-433', 'EU433'],
    ['CN470', 'CN470'],
    ['CN-470-510', 'CN470'],
  ];
  return starts.find(([start]) => name.startsWith(start))?.[1];
}

/** '1.0.3', 'MAC_V1_0_3', 'LORAWAN_1_0_3', 'V1.0.3 revision A', 'MAC_V1_0' for 1.0.0; undefined for a version not supported. */
export function readMacVersion(text: string): MacVersion | undefined {
  const [, digits] = /(\d[._]\d[._]\d)/.exec(text) ?? [];
  const version = /^(MAC_|LORAWAN_)?V?1[._]0$/i.test(text.trim()) ? '1.0.0' : digits?.replaceAll('_', '.');
  return MAC_VERSIONS.find((known) => known === version);
}
