/**
 * The words of the pages. `t` takes a key of the catalogue, picks the plural by `count` and fills in {names}; another
 * language is another catalogue with the same keys.
 */

type Text = string | { readonly one: string; readonly other: string };

const english = {
  'app.loading': 'Asking the box …',
  'app.sections': 'Sections of this page',
  'app.skip': 'Skip to the devices',
  'app.simulated': 'Simulated values',
  'app.clock': 'Time at the site',
  'app.clockOff': 'The clocks of the box and of this screen differ by {difference}.',
  'app.exposed':
    'Open to the network: everybody who reaches this box may change it. Set access.mode in its settings.',
  'account.title': 'Account {name}',
  'account.logout': 'Log out',
  'role.admin': 'Administrator',
  'role.viewer': 'Viewer',
  'entry.show': 'Show',
  'entry.busy': 'One moment …',
  'entry.wait': {
    one: 'Too many attempts. Try again in {count} second.',
    other: 'Too many attempts. Try again in {count} seconds.',
  },
  'claim.title': 'Claim this box',
  'claim.lead':
    'It is new, or was reset. The one-time code was shown at the installation and is in the log of the first start.',
  'claim.code': 'Claim code',
  'claim.name': 'Your name here',
  'claim.password': 'New password',
  'claim.passwordHint': 'At least 10 characters; several words do well.',
  'claim.button': 'Claim',
  'claim.wrong':
    'This is not, or no longer, the code. “webscada-edge reset-admin” on the box makes a new one.',
  'claim.have': 'I have a claim code',
  'claim.back': 'Back to the login',
  'login.title': 'Log in',
  'login.name': 'Name',
  'login.password': 'Password',
  'login.button': 'Log in',
  'login.wrong': 'Name or password wrong.',
  'tls.title': 'Is this the right box?',
  'tls.hint':
    'Compare the SHA-256 fingerprint of the certificate, as the browser shows it, with the one in the log of the box. It should be:',
  'all.well': 'All normal',
  'all.attention': { one: '{count} thing needs attention', other: '{count} things need attention' },
  'lost.title': 'No connection to the box',
  'lost.detail': 'What you see is the last that was heard. Trying again …',
  'lost.first': 'The box does not answer. Is it on, and are you in its network? Trying again …',
  'state.ok': 'Normal',
  'state.connecting': 'Connecting',
  'state.degraded': 'Degraded',
  'state.down': 'Down',
  'state.not_configured': 'Not configured',
  'state.online': 'Online',
  'state.offline': 'Offline',
  'state.stale': 'Stale',
  'part.broker': 'MQTT broker',
  'part.influx': 'InfluxDB',
  'part.centre': 'Centre',
  'part.store': 'Store',
  'part.since': 'for',
  'part.messages': { one: '{count} message', other: '{count} messages' },
  'part.delivered': '{count} delivered',
  'part.pending': '{count} pending',
  'part.quarantined': '{count} quarantined',
  'part.expired': '{count} expired',
  'part.oldest': 'oldest',
  'part.records': { one: '{count} record', other: '{count} records' },
  'gateways.title': 'Gateways',
  'gateways.empty': 'No gateway heard yet',
  'gateways.emptyHint':
    'Point the ChirpStack Gateway Bridge of each gateway at the MQTT broker of this site.',
  'gateways.uplinks': { one: '{count} uplink', other: '{count} uplinks' },
  'gateways.never': 'never seen',
  'gateways.qos0': 'Heard at QoS 0: frames are lost while the line is down. Set qos=1 in its Gateway Bridge.',
  'devices.title': 'Devices',
  'devices.empty': 'No device declared yet',
  'devices.emptyHint': 'Declare devices in the config file, or with POST /api/v1/devices.',
  'devices.filter': 'Find a device',
  'devices.onlyStale': { one: '{count} stale', other: '{count} stale' },
  'devices.noneFound': 'No device matches. Clear the search to see all {count}.',
  'devices.silent': 'No reading yet',
  'devices.raw': 'Payload',
  'devices.frame': 'Frame {count}',
  'strangers.short': 'Unknown',
  'strangers.title': 'Unknown devices',
  'strangers.empty': 'None: every frame heard belongs to a declared device.',
  'strangers.hint':
    'Heard here, but not declared. They may be a neighbour’s, or one of yours still to declare.',
  'strangers.devAddr': 'DevAddr',
  'strangers.gateway': 'Gateway',
  'strangers.frames': 'Frames',
  'readings.short': 'Readings',
  'readings.title': 'Recent readings',
  'readings.empty': 'No reading yet. The first one appears here by itself.',
  'readings.time': 'Time',
  'readings.device': 'Device',
  'readings.values': 'Values',
  'readings.counter': 'FCnt',
  'signal.title': 'Signal',
  'signal.text': '{rssi} dBm / {snr} dB',
  'refused.title': 'Refused',
  'refused.hint': 'Messages and frames that were not taken, by reason.',
  'value.true': 'yes',
  'value.false': 'no',
  'live.change': '{part}: {state}. {detail}',
} as const satisfies Record<string, Text>;

export type TextKey = keyof typeof english;

const catalogue: Readonly<Record<TextKey, Text>> = english;
export const language = 'en';
const plural = new Intl.PluralRules(language);

/** The text of `key`; '{name}' is replaced by `values.name`, numbers are grouped. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  const entry = catalogue[key];
  const { count } = values;
  const text =
    typeof entry === 'string'
      ? entry
      : entry[typeof count === 'number' && plural.select(count) === 'one' ? 'one' : 'other'];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? value.toLocaleString(language) : value;
  });
}
