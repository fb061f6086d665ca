/**
 * Every setting of the appliance, declared once. Keys are snake_case in files and the environment, camelCase in the
 * code (`Config`). After a change run `node scripts/config-reference.ts`.
 */
import * as z from 'zod/mini';
import { type Camelled, listSettings, type Setting, setting } from './declare.ts';
import { hex, hostPort, label, port, text, url, whole } from './formats.ts';

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
  reserve_bytes: setting(whole(0), {
    description: 'Space left free on the disk for everything else.',
    default: 256 * 1024 ** 2,
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
  batch_max_records: setting(whole(1, 10_000), {
    description: 'Records sent in one batch, at most.',
    default: 500,
  }),
  stream_prefix: setting(label(), {
    description: 'First part of the names of the streams, `<stream_prefix>:<site.id>:log`.',
    default: 'webscada',
  }),
});

const gateway = z.strictObject({
  region: setting(
    z.enum([
      'EU868',
      'EU433',
      'US915',
      'AU915',
      'AS923',
      'AS923-2',
      'AS923-3',
      'AS923-4',
      'CN470',
      'IN865',
      'KR920',
      'RU864',
      'ISM2400',
    ]),
    { description: 'LoRaWAN regional parameters of the site’s gateways and devices.', default: 'EU868' },
  ),
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
  codec: setting(z.enum(['cayenne', 'raw']), {
    description: 'How the payload is read: `cayenne` is Cayenne LPP, `raw` keeps the bytes as hex.',
    default: 'raw',
  }),
  dev_addr: setting(hex(8), {
    description: 'DevAddr of a device activated by personalisation; needs both keys.',
    example: '26011f22',
  }),
  nwk_s_key: setting(hex(32), { description: 'Network session key, 32 hex digits.', secret: true }),
  app_s_key: setting(hex(32), { description: 'Application session key, 32 hex digits.', secret: true }),
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
  mqtt,
  store,
  influx,
  centre,
  gateway,
  devices,
  simulator,
  log,
});

/** What each section is for, one line. */
export const SECTION_DOCS: Readonly<Record<keyof z.output<typeof schema>, string>> = {
  site: 'The place this appliance stands at.',
  http: 'The pages and the API.',
  mqtt: 'The broker the gateways publish to.',
  store: 'The log on disk, from which everything else is fed.',
  influx: 'The InfluxDB beside the appliance.',
  centre: 'The Redis at the centre.',
  gateway: 'How LoRaWAN frames are heard.',
  devices: 'The devices of the site.',
  simulator: 'A made-up site.',
  log: 'What the appliance says about itself on standard output.',
};

/** All settings, checked: absent optional ones are absent properties. */
export type Config = Camelled<z.output<typeof schema>>;
export type SiteConfig = Config['site'];
export type HttpConfig = Config['http'];
export type MqttConfig = Config['mqtt'];
export type StoreConfig = Config['store'];
export type InfluxConfig = Config['influx'];
export type CentreConfig = Config['centre'];
export type GatewayConfig = Config['gateway'];
export type DeviceConfig = Config['devices'][number];
export type SimulatorConfig = Config['simulator'];
export type LogConfig = Config['log'];

/** Every setting, in the order of the declaration. */
export const SETTINGS: readonly Setting[] = listSettings(schema.def.shape);
