/**
 * Every setting of the appliance, declared once. Keys are snake_case in files and the environment, camelCase in the
 * code (`Config`). After a change run `node scripts/config-reference.ts`.
 */
import * as z from 'zod/mini';
import { DEVICE_CLASSES, LISTEN_ONLY_REGIONS, MAC_VERSIONS, REGION_NAMES } from '../model/lorawan.ts';
import { type Camelled, listSettings, type Setting, setting } from './declare.ts';
import { hex, hostName, hostPort, label, network, port, text, topicSegment, url, whole } from './formats.ts';

const DAY_MS = 86_400_000;

const site = z.strictObject({
  id: setting(label(), {
    description:
      'Short name of this site, unique at the centre: it names the stream there and the tag `site` in InfluxDB. Changing it starts a new stream.',
    default: 'demo',
    example: 'north-hill',
  }),
  name: setting(text(100), {
    description: 'Name shown on the pages.',
    example: 'North Hill Pumping Station',
  }),
});

const http = z.strictObject({
  host: setting(text(), {
    description: 'Address the pages and the API listen on. `0.0.0.0` or `::` opens them to the network.',
    default: '127.0.0.1',
  }),
  port: setting(port(), { description: 'Port of the pages and the API.', default: 8080 }),
  names: setting(z.array(hostName()).check(z.maxLength(32)), {
    description:
      'Host names the box is asked by, beside `localhost`, its own and its addresses. Requests for other names are refused.',
    default: [],
    example: ['north-hill.example'],
  }),
  tls: setting(z.enum(['auto', 'off', 'self', 'files']), {
    description:
      '`self`: with a certificate made here, whose fingerprint is in the log and on the claim page. `files`: with that in `cert_file`. `off`: plain HTTP, for a reverse proxy in front. `auto`: `files` where `cert_file` is given, else `off` on a loopback address and `self` elsewhere.',
    default: 'auto',
  }),
  cert_file: setting(text(4096), {
    description:
      'PEM file of the certificate with its chain; needs `key_file`. Both are read again when they change.',
    example: '/etc/webscada-edge/tls.crt',
  }),
  key_file: setting(text(4096), {
    description: 'PEM file of the certificate’s key; needs `cert_file`.',
    example: '/etc/webscada-edge/tls.key',
  }),
  hsts_days: setting(whole(0, 730), {
    description:
      'Days for which browsers that came by HTTPS are told to use nothing else (Strict-Transport-Security); 0: they are not told. It holds for the whole host name, also for other programs there that have no TLS, and nobody can go on when the certificate is no longer good.',
    default: 0,
  }),
  trusted_proxies: setting(z.array(network()).check(z.maxLength(32)), {
    description:
      'Reverse proxies, as addresses or networks, whose X-Forwarded-For and X-Forwarded-Proto are believed.',
    default: [],
    example: ['10.42.0.0/16'],
  }),
});

const access = z.strictObject({
  mode: setting(z.enum(['auto', 'open', 'required']), {
    description:
      '`required`: the box is claimed with its one-time code, then everybody logs in or shows an API token. `open`: whoever reaches it may do everything. `auto`: `open` on a loopback address without trusted proxies, `required` elsewhere.',
    default: 'auto',
  }),
  session_idle_h: setting(whole(1, 24 * 365), {
    description: 'A session ends after this many hours without use.',
    default: 24,
  }),
  session_max_days: setting(whole(1, 365), {
    description: 'A session ends this many days after the login, used or not.',
    default: 30,
  }),
});

const mqtt = z.strictObject({
  mode: setting(z.enum(['embedded', 'external']), {
    description:
      '`embedded`: the appliance is the broker the gateways publish to. `external`: it is a client of the broker at `url`.',
    default: 'embedded',
  }),
  embedded_host: setting(text(), {
    description: 'Address the embedded broker listens on. `0.0.0.0` or `::` opens it to the network.',
    default: '127.0.0.1',
  }),
  embedded_port: setting(port(), { description: 'Port of the embedded broker.', default: 1883 }),
  url: setting(url(['mqtt', 'mqtts']), {
    description: 'The external broker; `mqtts://` for TLS. Name and password have settings of their own.',
    example: 'mqtts://broker.example:8883',
  }),
  username: setting(text(), { description: 'User name at the broker.', example: 'webscada-edge' }),
  password: setting(text(65_535), { description: 'Password at the broker.', secret: true }),
  ca_file: setting(text(4096), {
    description:
      'PEM file of the authority that signed the broker’s certificate, if the system does not know it.',
    example: '/etc/webscada-edge/broker-ca.pem',
  }),
  cert_file: setting(text(4096), {
    description: 'PEM file of the client certificate; needs `key_file`.',
    example: '/etc/webscada-edge/client.pem',
  }),
  key_file: setting(text(4096), {
    description: 'PEM file of the client certificate’s key; needs `cert_file`.',
    example: '/etc/webscada-edge/client.key',
  }),
  client_id: setting(text(255), {
    description:
      'Name of the session the broker keeps for us. No two clients may share one; after a change the broker keeps the old session’s messages for nobody.',
    default: 'webscada-edge-<site.id>',
  }),
  protocol: setting(z.enum(['auto', '5', '3.1.1']), {
    description: 'MQTT version; `auto` tries 5, then 3.1.1.',
    default: 'auto',
  }),
  topic_prefixes: setting(z.array(topicSegment()).check(z.maxLength(32)), {
    description:
      'What bridges may put before `gateway/` in their topics, beside nothing; others are refused. Empty: anything, and commands then go where frames of our devices came from.',
    default: [],
    example: ['eu868'],
  }),
  keepalive_s: setting(whole(5, 65_535), {
    description: 'Seconds of silence after which the broker is asked whether it is still there.',
    default: 30,
  }),
});

const store = z.strictObject({
  dir: setting(text(4096), {
    description: 'Folder of the store; made if it is missing. Relative to the working directory.',
    default: './data',
    example: '/var/lib/webscada-edge',
  }),
  commit_max_delay_ms: setting(whole(0, 1000), {
    description:
      'How long a reading may wait for others to be written to disk together. Larger spares an SD card; the message is acknowledged only afterwards.',
    default: 50,
  }),
  max_bytes: setting(whole(16 * 1024 ** 2), {
    description:
      'Size of the store on disk. When it is reached the oldest delivered readings go first, and only then undelivered ones, which is counted and shown.',
    default: 4 * 1024 ** 3,
  }),
  max_age_days: setting(whole(1, 36_500), {
    description: 'Delivered readings older than this are removed.',
    default: 365,
  }),
  key_file: setting(text(4096), {
    description:
      'File with the key that encrypts the keys of devices in the store; made if missing. On another disk, a stolen store gives no device keys away. In `dir` without.',
    example: '/etc/webscada-edge/device.key',
  }),
  reserve_bytes: setting(whole(0), {
    description: 'Space left free on the disk for everything else.',
    default: 256 * 1024 ** 2,
  }),
  daily_write_budget_bytes: setting(whole(1024 ** 2), {
    description:
      'How much should be written to the disk a day; shown beside what was. 1 GiB a day is 0.4 TB a year: a card that endures 4 TB lasts ten years.',
    default: 1024 ** 3,
  }),
  card_endurance_bytes: setting(whole(0), {
    description:
      'What the card endures in its life, from which its years are projected; 0: unknown. The default is careful: 500 times the size of a 32 GB card, of which three quarters go to what a card writes by itself for small writes. Endurance cards and SSDs state their own (TBW).',
    default: 4_000_000_000_000,
  }),
});

const influx = z.strictObject({
  url: setting(url(['http', 'https']), {
    description: 'InfluxDB 2.x. Without it nothing is written to InfluxDB, and the log keeps everything.',
    example: 'http://127.0.0.1:8086',
  }),
  org: setting(text(), { description: 'Organisation in InfluxDB.', default: 'webscada' }),
  bucket: setting(text(), { description: 'Bucket the readings go to.', default: 'webscada' }),
  token: setting(text(4096), { description: 'API token that may write to the bucket.', secret: true }),
  retention_days: setting(whole(1, 36_500), {
    description:
      'How long InfluxDB keeps the readings, for the bucket the appliance makes if there is none and the token allows it.',
    default: 90,
  }),
  measurement: setting(text(), {
    description: 'Measurement the readings are written as.',
    default: 'reading',
  }),
  gzip: setting(z.boolean(), { description: 'Compress what is sent.', default: true }),
  batch_max_records: setting(whole(1, 50_000), {
    description: 'Readings in one request, at most.',
    default: 2000,
  }),
  batch_max_bytes: setting(whole(1024, 50_000_000), {
    description: 'Bytes in one request before compression, at most (about: one reading is never split).',
    default: 1_000_000,
  }),
  batch_max_age_ms: setting(whole(0, 3_600_000), {
    description: 'How long the oldest reading waits for a batch to fill.',
    default: 1000,
  }),
  timeout_ms: setting(whole(100, 600_000), {
    description: 'How long a request may take before it is tried again.',
    default: 10_000,
  }),
});

const centre = z.strictObject({
  url: setting(url(['redis', 'rediss'], { credentials: true }), {
    description:
      'Redis at the centre; `rediss://` for TLS. Without it and without `sentinels` nothing is forwarded, and the log keeps everything.',
    example: 'rediss://centre.example:6380',
    secret: 'in-url',
  }),
  sentinels: setting(z.array(hostPort()).check(z.minLength(1), z.maxLength(32)), {
    description: 'Redis Sentinels to ask for the master, instead of `url`; needs `master_name`.',
    example: ['sentinel-1.example:26379', 'sentinel-2.example:26379', 'sentinel-3.example:26379'],
  }),
  master_name: setting(text(), { description: 'Name the Sentinels know the master by.', example: 'centre' }),
  username: setting(text(), { description: 'User name at Redis.', example: 'site-north-hill' }),
  password: setting(text(4096), { description: 'Password at Redis.', secret: true }),
  sentinel_username: setting(text(), {
    description: 'User name at the Sentinels.',
    example: 'site-north-hill',
  }),
  sentinel_password: setting(text(4096), { description: 'Password at the Sentinels.', secret: true }),
  tls: setting(z.boolean(), {
    description: 'Speak TLS to the Sentinels and the master. With `url` the scheme decides instead.',
    default: false,
  }),
  ca_file: setting(text(4096), {
    description:
      'PEM file of the authority that signed the centre’s certificate, if the system does not know it.',
    example: '/etc/webscada-edge/centre-ca.pem',
  }),
  cert_file: setting(text(4096), {
    description:
      'PEM file of the certificate this box shows to the centre, where that asks for one; needs `key_file`. Both are read at each connection.',
    example: '/etc/webscada-edge/centre.pem',
  }),
  key_file: setting(text(4096), {
    description: 'PEM file of that certificate’s key; needs `cert_file`.',
    example: '/etc/webscada-edge/centre.key',
  }),
  batch_max_records: setting(whole(1, 10_000), {
    description: 'Records sent in one batch, at most.',
    default: 500,
  }),
  min_replicas: setting(whole(0, 100), {
    description:
      'Replicas that must hold a batch before it counts as delivered (Redis WAIT). 0: the master’s word is enough, and what it had not passed on when it died is sent again only where the stream shows it.',
    default: 0,
  }),
  stream_prefix: setting(label(), {
    description: 'First part of the names of the streams, `<stream_prefix>:<site.id>:log`.',
    default: 'webscada',
  }),
});

const gateway = z.strictObject({
  region: setting(z.enum([...REGION_NAMES, ...LISTEN_ONLY_REGIONS]), {
    description: `LoRaWAN regional parameters of the site’s gateways and devices. Devices of ${LISTEN_ONLY_REGIONS.join(', ')} are heard and never answered: those need \`transmit = false\`.`,
    default: 'EU868',
  }),
  sub_band: setting(whole(1, 8), {
    description:
      'Which eight channels the gateways hear, in regions of fixed channels (US915, AU915): 2 is what others call FSB2 or `us915_1`. All without.',
    example: 2,
  }),
  transmit: setting(z.boolean(), {
    description:
      'Answer devices: joins, acknowledgements, downlinks. `false` where another network server does that.',
    default: true,
  }),
  net_id: setting(hex(6), {
    description: 'NetID of the network, 6 hex digits; `000000` and `000001` are for private networks.',
    default: '000000',
  }),
  adr: setting(z.boolean(), {
    description: 'Steer data rate and power of devices that ask for it and whose profile says nothing else.',
    default: true,
  }),
  device_status_hours: setting(whole(0, 8760), {
    description: 'How often devices are asked for their battery; 0: never.',
    default: 24,
  }),
  dedup_window_ms: setting(whole(0, 5000), {
    description: 'How long to wait for other gateways to report the same frame.',
    default: 200,
  }),
});

const device = z.strictObject({
  dev_eui: setting(hex(16), {
    description: 'DevEUI, 16 hex digits, most significant byte first.',
    required: true,
    example: '70b3d57ed0000001',
  }),
  name: setting(text(100), {
    description: 'Name shown on the pages; the DevEUI if absent.',
    example: 'Tank 1',
  }),
  codec: setting(text(64), {
    description:
      'How the payload is read: `cayenne` is Cayenne LPP, `raw` keeps the bytes as hex, any other is the name of a script.',
    default: 'raw',
  }),
  dev_addr: setting(hex(8), {
    description: 'DevAddr of a device activated by personalisation; needs both keys.',
    example: '26011f22',
  }),
  nwk_s_key: setting(hex(32), { description: 'Network session key, 32 hex digits.', secret: true }),
  app_s_key: setting(hex(32), { description: 'Application session key, 32 hex digits.', secret: true }),
  join_eui: setting(hex(16), {
    description: 'JoinEUI (AppEUI) of a device that joins over the air; needs `app_key`.',
    example: '0000000000000000',
  }),
  app_key: setting(hex(32), { description: 'Root key of a device that joins, 32 hex digits.', secret: true }),
  mac_version: setting(z.enum(MAC_VERSIONS), {
    description: 'LoRaWAN version of the device; 1.0.3 without.',
    example: '1.0.4',
  }),
  class: setting(z.enum(DEVICE_CLASSES), {
    description: '`C` for a device that always listens; `A` without.',
    example: 'C',
  }),
  adr: setting(z.boolean(), {
    description: 'Whether the network steers data rate and power; `gateway.adr` without.',
    example: false,
  }),
  rx1_delay_s: setting(whole(1, 15), {
    description: 'Seconds from an uplink to the first receive window; more suits gateways on a slow line.',
    example: 5,
  }),
  allow_counter_reset: setting(z.boolean(), {
    description:
      'Accept a counter that starts again at 0. Whoever recorded old frames can then play them again: only for personalised devices that forget.',
    example: true,
  }),
});

const codecs = z.strictObject({
  dir: setting(text(4096), {
    description:
      'Folder with device makers’ scripts, read at the start: each `*.js` is a codec named by its file. They win over scripts added through the API.',
    example: '/etc/webscada-edge/codecs',
  }),
});

const time = z.strictObject({
  trust: setting(z.enum(['auto', 'synced', 'always']), {
    description:
      'When the machine’s clock is taken to be right. `auto`: when a time server set it, when it agrees with a clock with a battery, or when nothing on the machine could tell. `synced`: only when a time server set it. `always`: the operator sees to it. In each case gateways that agree on the time stand in where the clock is wrong.',
    default: 'auto',
  }),
  hold_days: setting(whole(0, 365), {
    description:
      'How long readings taken without the right time are kept back from InfluxDB, days of running. Then they go with an estimate.',
    default: 7,
  }),
});

const devices = setting(z.array(device).check(z.maxLength(10_000)), {
  description:
    'The site’s devices, a table each. Those of all files together count; devices may also be added through the API, where one declared here wins.',
  default: [],
});

const simulator = z.strictObject({
  enabled: setting(z.boolean(), {
    description:
      'Play a small site with made-up gateways and devices: for a first look, never on a real site.',
    default: false,
  }),
  devices: setting(whole(1, 1000), { description: 'Devices that play.', default: 12 }),
  gateways: setting(whole(1, 20), { description: 'Gateways that play.', default: 2 }),
  interval_s: setting(whole(1, DAY_MS / 1000), {
    description: 'Seconds between two frames of one device, about.',
    default: 10,
  }),
  seed: setting(whole(0, 4_294_967_295), {
    description: 'The same seed plays the same site.',
    default: 1,
  }),
});

const log = z.strictObject({
  level: setting(z.enum(['debug', 'info', 'warn', 'error']), {
    description: 'The least severe lines that are logged.',
    default: 'info',
  }),
  format: setting(z.enum(['auto', 'pretty', 'json']), {
    description: '`auto`: `pretty` on a terminal, one JSON object a line otherwise.',
    default: 'auto',
  }),
});

export const schema = z.strictObject({
  site,
  http,
  access,
  mqtt,
  store,
  influx,
  centre,
  gateway,
  codecs,
  time,
  devices,
  simulator,
  log,
});

/** What each section is for, one line. */
export const SECTION_DOCS: Readonly<Record<keyof z.output<typeof schema>, string>> = {
  site: 'The place this appliance stands at.',
  http: 'The pages and the API.',
  access: 'Who may see the pages and use the API.',
  mqtt: 'The broker the gateways publish to.',
  store: 'The log on disk, from which everything else is fed.',
  influx: 'The InfluxDB beside the appliance.',
  centre: 'The Redis at the centre.',
  gateway: 'How LoRaWAN frames are heard.',
  codecs: 'Device makers’ scripts.',
  time: 'What to do about a clock that may be wrong.',
  devices: 'The devices of the site.',
  simulator: 'A made-up site.',
  log: 'What the appliance says about itself on standard output.',
};

/** All settings, checked: absent optional ones are absent properties. */
export type Config = Camelled<z.output<typeof schema>>;
export type SiteConfig = Config['site'];
export type HttpConfig = Config['http'];
export type AccessConfig = Config['access'];
export type MqttConfig = Config['mqtt'];
export type StoreConfig = Config['store'];
export type InfluxConfig = Config['influx'];
export type CentreConfig = Config['centre'];
export type GatewayConfig = Config['gateway'];
export type CodecsConfig = Config['codecs'];
export type TimeConfig = Config['time'];
export type DeviceConfig = Config['devices'][number];
export type SimulatorConfig = Config['simulator'];
export type LogConfig = Config['log'];

/** Every setting, in the order of the declaration. */
export const SETTINGS: readonly Setting[] = listSettings(schema.def.shape);
