/** What a form of a person has in it, and the person that is made of that. The box judges whether it makes sense. Pure. */
import type { AlarmPriority } from '../../../model/alarm.ts';
import type { NotifyPersonView } from '../../shapes/notify.ts';
import { PRIORITIES } from '../alarms/choices.ts';
import type { Filled } from './filled.ts';
import { windowsIn } from './windows.ts';

/** As it is sent. */
export type PersonBody = Omit<NotifyPersonView, 'id' | 'revision' | 'changed' | 'changedBy'>;
export type Address = PersonBody['addresses'][number];
export type AddressChannel = Address['channel'];
type Signal = Extract<Address, { channel: 'downlink' }>['on'];

function all<T extends string>(of: Readonly<Record<T, 1>>): readonly T[] {
  return Object.keys(of) as T[];
}

/** In the order in which they are offered. */
export const CHANNELS = all<AddressChannel>({ email: 1, webhook: 1, mqtt: 1, downlink: 1 });
export const PERSON_LANGUAGES = all<PersonBody['language']>({ en: 1, de: 1 });
export const MOST_ADDRESSES = 8;
export const MOST_WINDOWS = 14;
/** What comes through quiet hours, where nobody chose. */
export const URGENT: AlarmPriority = 'critical';

export function isChannel(text: string): text is AddressChannel {
  return CHANNELS.some((one) => one === text);
}

/** The chain an address is sent by, as the box names it: 'webhook:night-shift', 'email'. */
export function chainOf(address: Address): string {
  return address.channel === 'webhook' ? `webhook:${address.webhook}` : address.channel;
}

/** Hex, or the object as JSON. */
export function signalText(signal: Signal | undefined): string {
  if (signal === undefined) return '';
  return signal.data ?? JSON.stringify(signal.object);
}

/** What begins as JSON does is an object for the codec, unless it is none; the box says what is wrong with the rest. */
export function signalOf(text: string): Signal {
  if (/^[{["]/.test(text)) {
    try {
      const object: Signal['object'] = JSON.parse(text);
      return { object };
    } catch {
      return { data: text };
    }
  }
  return { data: text.replace(/[\s:-]/g, '').toLowerCase() };
}

export function personOf(form: Filled): PersonBody {
  const timeZone = form.one('timeZone');
  const windows = windowsIn(form, 'quiet');
  const except = PRIORITIES.find((one) => one === form.one('except')) ?? URGENT;
  return {
    name: form.one('name'),
    language: PERSON_LANGUAGES.find((one) => one === form.one('language')) ?? 'en',
    ...(timeZone === '' ? {} : { timeZone }),
    addresses: form.all('address').map((key) => addressOf(form, `address-${key}`)),
    ...(windows.length === 0 ? {} : { quiet: { windows: [...windows], except } }),
  };
}

function addressOf(form: Filled, at: string): Address {
  const of = (field: string): string => form.one(`${at}-${field}`);
  const channel = of('channel');
  switch (isChannel(channel) ? channel : 'email') {
    case 'email':
      return { channel: 'email', to: of('to') };
    case 'webhook': {
      const to = of('to');
      return { channel: 'webhook', webhook: of('webhook'), ...(to === '' ? {} : { to }) };
    }
    case 'mqtt':
      return { channel: 'mqtt', topic: of('topic') };
    case 'downlink': {
      const off = of('off');
      return {
        ...{ channel: 'downlink', device: of('device'), fPort: Number(of('fPort')) },
        ...{ on: signalOf(of('on')), ...(off === '' ? {} : { off: signalOf(off) }) },
      };
    }
  }
}
