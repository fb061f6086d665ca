/** The kinds of values settings take that zod has no word for. Each says in words what it wants. */
import { isIP } from 'node:net';
import * as z from 'zod/mini';
import { type Said, type SaidKey, type Told, tell } from '../model/said.ts';
import { parseTimeWindow } from '../model/time-window.ts';
import { urlOfEachHost } from '../model/url-hosts.ts';

/** Whole number from `min` to `max`, both included. */
export const whole = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  z.int().check(z.minimum(min), z.maximum(max));

/** TCP port to connect to or listen on. */
export const port = () => whole(1, 65_535);

/** Text of 1 to `max` characters without control characters (a NUL, a line break). */
export const text = (max = 255) => checked(tell('setting.textOf', { max }), (value) => value.length <= max);

/** Text made of exactly `digits` hex digits; given back in lower case. */
export const hex = (digits: number) =>
  checked(
    tell('setting.hex', { digits }),
    (value) => value.length === digits && /^[0-9a-f]*$/i.test(value),
  ).check(z.toLowerCase());

/** IANA name of a time zone. */
export const timeZone = () =>
  checked(tell('setting.timeZone'), (value) => {
    try {
      // Offsets such as +02:00 know no summer time, and not every browser knows them.
      return /^[A-Za-z]/.test(value) && new Intl.DateTimeFormat('en', { timeZone: value }) !== undefined;
    } catch {
      return false;
    }
  });

/** A time of the day, '02:17'. */
export const timeOfDay = () =>
  checked(tell('setting.timeOfDay'), (value) => /^([01]\d|2[0-3]):[0-5]\d$/.test(value));

/** A span of the week: see model/time-window.ts. */
export const timeWindow = () =>
  checked(tell('setting.timeWindow'), (value) => parseTimeWindow(value) !== undefined);

/** Segments of an MQTT topic. A `$` in front would make a shared subscription of it (MQTT 5, §4.8.2). */
export const topicPrefix = () =>
  checked(tell('setting.topicPrefix'), (value) => /^(?!\$)[^/+#]{1,64}(?:\/[^/+#]{1,64}){0,7}$/.test(value));

/** One label of a DNS name. */
export const label = () =>
  checked(tell('setting.label'), (value) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value));

/** A host name in lower case, no address. */
export const hostName = () =>
  checked(tell('setting.hostName'), (value) => {
    const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
    return new RegExp(`^${label}(\\.${label})*$`).test(value) && value.length <= 253 && isIP(value) === 0;
  });

/** An IP address, or a network as '10.42.0.0/16'. */
export const network = () =>
  checked(tell('setting.network'), (value) => {
    const [address = '', bits, ...rest] = value.split('/');
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return (
      rest.length === 0 &&
      most > 0 &&
      (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
    );
  });

/** 'host:port', with an IPv6 address in brackets. */
export const hostPort = () =>
  checked(tell('setting.hostPort'), (value) => {
    const match = /^(?:\[[0-9a-fA-F:.%]+\]|[^\s:/[\]]+):([0-9]{1,5})$/.exec(value);
    return match !== null && Number(match[1]) >= 1 && Number(match[1]) <= 65_535;
  });

/** URL with a host and one of `schemes`; a name and a password in it only where `credentials` says so. */
export const url = (schemes: readonly string[], options: { readonly credentials?: boolean } = {}) =>
  checked(ofSchemes(options.credentials ? 'setting.url' : 'setting.urlPlain', schemes), (value) => {
    if (!isUrl(value, schemes)) return false;
    const { username, password } = new URL(value);
    return options.credentials === true || (username === '' && password === '');
  });

/** As `url`, with a name and a password, and with several servers: `postgres://user@one:5432,two:5432/database`. */
export const urlOfHosts = (schemes: readonly string[]) =>
  checked(ofSchemes('setting.urlOfHosts', schemes), (value) => {
    const urls = urlOfEachHost(value);
    return urls.length <= 8 && urls.every((each) => isUrl(each, schemes));
  });

/** The English has its own word between two of them. */
function ofSchemes(key: SaidKey, schemes: readonly string[]): Told {
  const names = schemes.map((scheme) => `${scheme}://`);
  const { detail } = tell(key, { schemes: names.join(' or ') });
  return { detail, said: tell(key, { schemes: names.join(', ') }).said };
}

function isUrl(text: string, schemes: readonly string[]): boolean {
  const parsed = URL.parse(text);
  return parsed !== null && parsed.hostname !== '' && schemes.includes(parsed.protocol.slice(0, -1));
}

const CLEAN = tell('setting.clean');

/** What is wanted, piece by piece. */
export function mustBe(wanted: Told): readonly Said[] {
  return [...tell('setting.must').said, ...wanted.said];
}

/** Every text setting is made here: never empty, never with a control character, and it says what it wants. */
function checked(wanted: Told, test: (value: string) => boolean) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  const clean = (value: string): boolean => value !== '' && !/[\u0000-\u001f\u007f]/.test(value);
  return z
    .string()
    .check(
      z.refine(clean, { error: CLEAN.detail, params: { said: CLEAN.said }, abort: true }),
      z.refine(test, { error: `must be ${wanted.detail}`, params: { said: mustBe(wanted) } }),
    );
}
