/**
 * Devices as a file, in the forms that `import.ts` reads back. Keys are secrets and only in it when asked for: without
 * them the file is a list to look at, with them it moves devices to another network server.
 */
import type { ExportOptions } from '../model/onboarding.ts';
import { writeCsv } from './csv.ts';
import type { OnboardingEntry, SessionEntry } from './entry.ts';

type Writer = (entry: OnboardingEntry) => object;

/** The text of the file, ending with a line end. */
export function exportDevices(entries: readonly OnboardingEntry[], options: ExportOptions): string {
  const { format, withSessions = false, withKeys = withSessions } = options;
  const shown = withKeys ? entries : entries.map(withoutKeys);
  const list = (write: Writer): string => `${JSON.stringify({ devices: shown.map(write) }, undefined, 2)}\n`;
  switch (format) {
    case 'csv':
      return toCsv(shown, withKeys, withSessions);
    case 'json':
      return list(({ missing: _missing, ...entry }) => entry);
    case 'chirpstack':
      return list(chirpstackDevice);
    case 'the-things-stack':
      return shown.map((entry) => `${JSON.stringify(thingsDevice(entry), undefined, 2)}\n`).join('');
  }
}

function withoutKeys({
  appKey: _appKey,
  session: _session,
  carried: _carried,
  ...entry
}: OnboardingEntry): OnboardingEntry {
  return entry;
}

const PLAIN_COLUMNS = [
  ['dev_eui', 'devEui'],
  ['join_eui', 'joinEui'],
  ['name', 'name'],
  ['description', 'description'],
  ['area', 'area'],
  ['profile', 'profile'],
  ['codec', 'codec'],
  ['region', 'region'],
  ['mac_version', 'macVersion'],
  ['class', 'deviceClass'],
  ['serial_number', 'serialNumber'],
] as const;

const SESSION_COLUMNS = [
  ['dev_addr', 'devAddr'],
  ['nwk_s_key', 'nwkSKey'],
  ['app_s_key', 'appSKey'],
  ['f_cnt_up', 'fCntUp'],
  ['f_cnt_down', 'fCntDown'],
] as const;

const CARRIED_COLUMNS = [
  ['rx1_delay_s', 'rx1DelayS'],
  ['rx1_offset', 'rx1Offset'],
  ['rx2_data_rate', 'rx2DataRate'],
  ['rx2_frequency', 'rx2Frequency'],
  ['join_nonce', 'joinNonce'],
  ['dev_nonce', 'devNonce'],
] as const;

function toCsv(entries: readonly OnboardingEntry[], withKeys: boolean, withSessions: boolean): string {
  const headings = [
    ...PLAIN_COLUMNS.map(([heading]) => heading),
    ...(withKeys ? ['app_key', ...SESSION_COLUMNS.map(([heading]) => heading)] : []),
    ...(withSessions ? [...CARRIED_COLUMNS.map(([heading]) => heading), 'allow_counter_reset'] : []),
  ];
  const rows = entries.map((entry) => {
    const session: Partial<SessionEntry> = entry.session ?? {};
    const { carried = {}, allowCounterReset } = entry;
    const keys = [entry.appKey ?? '', ...SESSION_COLUMNS.map(([, name]) => String(session[name] ?? ''))];
    const rest = [...CARRIED_COLUMNS.map(([, name]) => carried[name] ?? ''), allowCounterReset ?? ''].map(
      String,
    );
    return [
      ...PLAIN_COLUMNS.map(([, name]) => entry[name] ?? ''),
      ...(withKeys ? keys : []),
      ...(withSessions ? rest : []),
    ];
  });
  return writeCsv([headings, ...rows]);
}

/** Device, keys and activation as ChirpStack's API has them; the AppKey of LoRaWAN 1.0.x is its `nwkKey`. */
function chirpstackDevice({
  devEui,
  joinEui,
  name,
  description,
  profile,
  area,
  appKey,
  session,
}: OnboardingEntry): object {
  return {
    device: { devEui, joinEui, name, description, deviceProfileName: profile, tags: area && { area } },
    ...(appKey ? { deviceKeys: { devEui, nwkKey: appKey, appKey: '0'.repeat(32) } } : {}),
    ...(session
      ? {
          deviceActivation: {
            devEui,
            devAddr: session.devAddr,
            appSKey: session.appSKey,
            nwkSEncKey: session.nwkSKey,
            sNwkSIntKey: session.nwkSKey,
            fNwkSIntKey: session.nwkSKey,
            fCntUp: session.fCntUp ?? 0,
            nFCntDown: session.fCntDown ?? 0,
            aFCntDown: 0,
          },
        }
      : {}),
  };
}

/** The frequency plan of a region as The Things Stack calls it; those of US915 and AU915 are its usual sub-bands. */
const FREQUENCY_PLANS: Readonly<Record<NonNullable<OnboardingEntry['region']>, string>> = {
  EU868: 'EU_863_870_TTN',
  US915: 'US_902_928_FSB_2',
  AU915: 'AU_915_928_FSB_2',
  AS923: 'AS_923',
  'AS923-2': 'AS_923_2',
  'AS923-3': 'AS_923_3',
  'AS923-4': 'AS_923_4',
  IN865: 'IN_865_867',
  KR920: 'KR_920_923_TTN',
  RU864: 'RU_864_870_TTN',
  EU433: 'EU_433',
  CN470: 'CN_470_510_FSB_11',
};

function thingsDevice(entry: OnboardingEntry): object {
  const { devEui, joinEui, name, description, area, region, macVersion, deviceClass, appKey, session } =
    entry;
  const { carried = {}, allowCounterReset } = entry;
  return {
    ids: { device_id: `eui-${devEui}`, dev_eui: devEui.toUpperCase(), join_eui: joinEui?.toUpperCase() },
    name,
    description,
    attributes: area && { area },
    lorawan_version: macVersion && `MAC_V${macVersion.replaceAll('.', '_')}`,
    frequency_plan_id: region && FREQUENCY_PLANS[region],
    supports_class_c: deviceClass && deviceClass === 'C',
    supports_join: appKey === undefined ? undefined : true,
    root_keys: appKey && { app_key: { key: appKey.toUpperCase() } },
    session: session && {
      dev_addr: session.devAddr.toUpperCase(),
      keys: {
        app_s_key: { key: session.appSKey.toUpperCase() },
        f_nwk_s_int_key: { key: session.nwkSKey.toUpperCase() },
      },
      last_f_cnt_up: session.fCntUp ? session.fCntUp - 1 : undefined,
      last_n_f_cnt_down: session.fCntDown ? session.fCntDown - 1 : undefined,
    },
    mac_settings: allowCounterReset && { resets_f_cnt: true },
    last_join_nonce: carried.joinNonce,
    last_dev_nonce: carried.devNonce,
  };
}
