/**
 * Every setting of the appliance, declared once, a file a section in sections/. Keys are snake_case in files and the
 * environment, camelCase in the code (`Config`). After a change run `node scripts/config-reference.ts`.
 */
import * as z from 'zod/mini';
import { type Camelled, listSettings, type Setting } from './declare.ts';
import { backup } from './sections/backup.ts';
import { codecs, log, simulator, site, time } from './sections/box.ts';
import { centre } from './sections/centre.ts';
import { devices } from './sections/devices.ts';
import { gateway } from './sections/gateway.ts';
import { access, http } from './sections/http.ts';
import { influx } from './sections/influx.ts';
import { mqtt } from './sections/mqtt.ts';
import { notify, webhooks } from './sections/notify.ts';
import { store } from './sections/store.ts';
import { tracing } from './sections/tracing.ts';
import { updates } from './sections/updates.ts';

export const schema = z.strictObject({
  site,
  http,
  access,
  mqtt,
  store,
  backup,
  influx,
  centre,
  gateway,
  codecs,
  notify,
  webhooks,
  time,
  devices,
  simulator,
  updates,
  log,
  tracing,
});

/** What each section is for, one line. */
export const SECTION_DOCS: Readonly<Record<keyof z.output<typeof schema>, string>> = {
  site: 'The place this appliance stands at.',
  http: 'The pages and the API.',
  access: 'Who may see the pages and use the API.',
  mqtt: 'The broker the gateways publish to.',
  store: 'The log on disk, from which everything else is fed.',
  backup: 'The backups the box makes by itself.',
  influx: 'The InfluxDB beside the appliance.',
  centre: 'The Redis at the centre.',
  gateway: 'How LoRaWAN frames are heard.',
  codecs: 'Device makers’ scripts.',
  notify: 'The servers by which people are told of alarms.',
  webhooks: 'Webhooks by which people are told of alarms.',
  time: 'What to do about a clock that may be wrong.',
  devices: 'The devices of the site.',
  simulator: 'A made-up site.',
  updates: 'New versions of the program.',
  log: 'What the appliance says about itself on standard output.',
  tracing: 'Traces of frames, for a collector of OpenTelemetry.',
};

/** All settings, checked: absent optional ones are absent properties. */
export type Config = Camelled<z.output<typeof schema>>;
export type SiteConfig = Config['site'];
export type HttpConfig = Config['http'];
export type AccessConfig = Config['access'];
export type MqttConfig = Config['mqtt'];
export type StoreConfig = Config['store'];
export type BackupConfig = Config['backup'];
export type InfluxConfig = Config['influx'];
export type CentreConfig = Config['centre'];
export type GatewayConfig = Config['gateway'];
export type CodecsConfig = Config['codecs'];
export type NotifyConfig = Config['notify'];
export type NotifySettings = NotifyConfig & { readonly webhooks: Config['webhooks'] };
export type TimeConfig = Config['time'];
export type DeviceConfig = Config['devices'][number];
export type SimulatorConfig = Config['simulator'];
export type LogConfig = Config['log'];
export type TracingConfig = Config['tracing'];

/** Every setting, in the order of the declaration. */
export const SETTINGS: readonly Setting[] = listSettings(schema.def.shape);
