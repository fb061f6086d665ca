/** What the API takes of people, groups and routes. */
import * as z from 'zod/mini';
import { ALARM_PRIORITIES } from '../../model/alarm.ts';
import { NOTIFY_CHANNELS, NOTIFY_LANGUAGES, NOTIFY_LIMITS } from '../../model/notify.ts';
import { parseTimeWindow } from '../../model/time-window.ts';
import { about, maybe } from './describe.ts';
import { DATA_OR_OBJECT, devEui, payload, text, whole } from './inputs.ts';
import { saying } from './told.ts';

const MAX_WINDOWS = 14;
const MAX_RECIPIENTS = 50;

const id = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower case letters, digits and -'));
export const notifyId = id;

const window = z
  .string()
  .check(z.refine((value) => parseTimeWindow(value) !== undefined, saying('setting.timeWindow')));
const windows = z.array(window).check(z.minLength(1), z.maxLength(MAX_WINDOWS));

const timeZone = z.string().check(z.maxLength(64), z.refine(isTimeZone, saying('setting.timeZone')));

export const anyJson = z.json();

const signal = z
  .strictObject({
    data: maybe(payload, 'Payload in clear, hex'),
    object: maybe(anyJson, 'What the codec of the device makes bytes of'),
  })
  .check(
    z.refine(({ data, object }) => (data === undefined) !== (object === undefined), {
      path: ['data'],
      ...saying('given.oneOf', DATA_OR_OBJECT),
    }),
  );

const email = z
  .string()
  .check(z.trim(), z.maxLength(254), z.regex(/^[^\s@<>,;"]+@[^\s@<>,;"]+$/, 'must be an e-mail address'));

const address = z.discriminatedUnion('channel', [
  z.strictObject({ channel: z.literal('email'), to: email }),
  z.strictObject({
    channel: z.literal('webhook'),
    webhook: about(id, 'Name of a webhook of the settings'),
    to: maybe(text(100), 'Whom it is for there: a chat, a channel'),
  }),
  z.strictObject({
    channel: z.literal('mqtt'),
    topic: about(
      z
        .string()
        .check(z.maxLength(100), z.regex(/^[^/+#\s]+(\/[^/+#\s]+)*$/, 'must be a topic without + and #')),
      'Behind notify.mqtt_topic',
    ),
  }),
  z.strictObject({
    channel: z.literal('downlink'),
    device: devEui,
    fPort: whole(1, 223),
    on: about(signal, 'Sent when an alarm begins'),
    off: maybe(signal, 'Sent when the last is over or acknowledged'),
  }),
]);

export const personInput = z.strictObject({
  name: text(100),
  language: z.enum(NOTIFY_LANGUAGES),
  timeZone: maybe(timeZone, "The site's without"),
  addresses: z.array(address).check(z.maxLength(NOTIFY_LIMITS.addresses)),
  quiet: maybe(
    z.strictObject({
      windows: about(windows, 'In the time zone of the person'),
      except: about(z.enum(ALARM_PRIORITIES), 'This and what is more urgent comes all the same'),
    }),
    'Times at which only the more urgent is told',
  ),
});

export const groupInput = z.strictObject({
  name: text(100),
  members: about(z.array(id).check(z.maxLength(NOTIFY_LIMITS.person)), 'Ids of people'),
});

const recipient = z
  .string()
  .check(z.regex(/^(person|group):[a-z0-9][a-z0-9-]{0,63}$/, 'must be person:<id> or group:<id>'));
const recipients = z.array(recipient).check(z.minLength(1), z.maxLength(MAX_RECIPIENTS));

export const routeInput = z.strictObject({
  name: text(100),
  enabled: z.boolean(),
  priorities: z.array(z.enum(ALARM_PRIORITIES)).check(z.minLength(1), z.maxLength(ALARM_PRIORITIES.length)),
  areas: maybe(z.array(text(100)).check(z.minLength(1), z.maxLength(50)), 'All without'),
  rules: maybe(z.array(id).check(z.minLength(1), z.maxLength(100)), 'Ids of rules; all without'),
  hours: maybe(windows, 'In the time zone of the site; always without'),
  to: about(recipients, 'person:<id> or group:<id>'),
  channels: maybe(z.array(z.enum(NOTIFY_CHANNELS)).check(z.minLength(1)), 'All addresses without'),
  recovery: about(z.boolean(), 'Tell also when it is over'),
  digestAt: maybe(
    z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of the day such as 07:00')),
    'Gathered, and told once a day',
  ),
  escalate: about(
    z.array(z.strictObject({ afterMinutes: whole(1, 10_080), to: recipients })).check(z.maxLength(10)),
    'Whom to tell when nobody has acknowledged it',
  ),
});

function isTimeZone(value: string): boolean {
  try {
    return /^[A-Za-z]/.test(value) && new Intl.DateTimeFormat('en', { timeZone: value }) !== undefined;
  } catch {
    return false;
  }
}
