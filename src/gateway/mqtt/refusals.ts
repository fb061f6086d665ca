/** What a broker's refusals mean, and what a person does about them. */
import { errorText } from '../../model/error-text.ts';
import { type Told, type ToldTrouble, tell } from '../../model/said.ts';
import { cut } from '../../model/text.ts';
import { tlsFaultOf } from '../../model/tls-fault.ts';

export type Refusal = ToldTrouble;

/** A broker may say 64 kB. */
const MAX_WHY = 300;

const VERSION = tell('broker.version');
const CLIENT_ID = tell('broker.clientId');
const PASSWORD = tell('broker.password');
const ACCESS = tell('broker.access');
const BANNED = tell('broker.banned');
const QUOTA = tell('broker.quota');
const BUSY = tell('broker.busy');
const ELSEWHERE = tell('broker.elsewhere');

/** CONNACK codes of MQTT 3.1.1 (§3.2.2.3) and MQTT 5 (§3.2.2.2) that a person must mend. */
const CONNACK: Readonly<Record<number, Refusal>> = {
  1: VERSION,
  132: VERSION,
  2: CLIENT_ID,
  133: CLIENT_ID,
  4: PASSWORD,
  134: PASSWORD,
  5: ACCESS,
  135: ACCESS,
  138: BANNED,
  151: QUOTA,
  3: BUSY,
  136: BUSY,
  137: BUSY,
  159: BUSY,
  156: ELSEWHERE,
  157: ELSEWHERE,
};

function connectRefusal(code: unknown): Refusal | undefined {
  return typeof code === 'number' ? CONNACK[code] : undefined;
}

/** The words of MQTT.js for a CONNACK that does not come, also when the connection itself takes that long. */
const SILENCE = 'connack timeout';

/** Why there is no connection; `isOpen`: but for the broker's answer there is one. */
export function failedToConnect(
  url: string,
  error: Error & { readonly code?: unknown },
  isOpen: boolean,
): Refusal {
  if (isOpen && error.message === SILENCE) return tell('broker.unanswered', { url });
  const fault = tlsFaultOf(error);
  const values = { url, error: error.message || String(error.code) };
  // A number is the broker's word: it runs, and has answered.
  const refused = typeof error.code === 'number' ? tell('broker.refuses', values) : undefined;
  return (
    connectRefusal(error.code) ??
    refused ??
    tell('broker.unreachable', values, fault ? `broker.tls.${fault}` : 'broker.unreachable.todo')
  );
}

export function unusableFiles(url: string, error: unknown): Refusal {
  return tell('broker.files', { url, error: errorText(error) });
}

export function refusesVersion(code: unknown): boolean {
  return code === 1 || code === 132;
}

/** PUBACK of MQTT 5 (§3.4.2.1): an older broker acknowledges a command and throws it away. */
const NOT_AUTHORIZED = 135;
/** DISCONNECT of MQTT 5 (§3.14.2.1). */
const SESSION_TAKEN_OVER = 142;

export function refusesCommands(code: number): boolean {
  return code === NOT_AUTHORIZED;
}

/** What a PUBACK of 128 and above says of one command. */
export function commandRefused(code: number): Told {
  if (refusesCommands(code)) return COMMANDS_REFUSED;
  return tell('downlink.brokerSays', { why: REASONS[code] ?? `code ${code}` });
}

export function isTakenOver(code: unknown): boolean {
  return code === SESSION_TAKEN_OVER;
}

export const COMMANDS_REFUSED = tell('broker.commandsRefused');

export function subscriptionRefused(what: string): Refusal {
  return tell('broker.subscriptionRefused', { what });
}

/** Of `topics` those that a SUBACK refuses, and the library's word for why: its error carries the packet. */
export function refusedTopics(topics: readonly string[], error: unknown): string {
  const packet = error instanceof Error && 'packet' in error ? error.packet : undefined;
  const codes = typeof packet === 'object' && packet !== null && 'granted' in packet ? packet.granted : [];
  const refused = topics.filter((_, at) => Array.isArray(codes) && Number(codes[at]) >= 128);
  return [...(refused.length > 0 ? [refused.join(', ')] : []), errorText(error)].join(': ');
}

/** What is wrong, in the words of MQTT 5 (§2.4). A session taken over has words of its own. */
const REASONS: Readonly<Record<number, string>> = {
  128: 'unspecified error',
  129: 'malformed packet',
  130: 'protocol error',
  131: 'implementation specific error',
  135: 'not authorized',
  137: 'server busy',
  139: 'server shutting down',
  141: 'keep alive timeout',
  143: 'topic filter invalid',
  144: 'topic name invalid',
  147: 'receive maximum exceeded',
  148: 'topic alias invalid',
  149: 'packet too large',
  150: 'message rate too high',
  151: 'quota exceeded',
  152: 'administrative action',
  153: 'payload format invalid',
  154: 'retain not supported',
  155: 'QoS not supported',
  156: 'use another server',
  157: 'server moved',
  159: 'connection rate exceeded',
  160: 'maximum connect time',
};

interface Disconnect {
  readonly reasonCode?: number;
  readonly properties?: { readonly reasonString?: string; readonly serverReference?: string };
}

/** What a broker says when it ends the connection; undefined where it says nothing of use. */
export function goodbyeOf(url: string, { reasonCode = 0, properties = {} }: Disconnect): Refusal | undefined {
  if (reasonCode < 128 || isTakenOver(reasonCode)) return undefined;
  const { reasonString, serverReference } = properties;
  const words = [REASONS[reasonCode] ?? `code ${reasonCode}`, serverReference, reasonString];
  const why = words.filter((word) => word !== undefined && word !== '').join(', ');
  return tell('broker.goodbye', { url, why: cut(why, MAX_WHY) });
}

/** What a broker has said of how it serves us: with the CONNACK, and of each subscription. */
export interface Terms {
  /** Undefined when it takes what we asked for. */
  readonly sessionExpiryS: number | undefined;
  readonly granted: readonly number[];
}

/** What it keeps for us while we are away it must keep as long as that lasts: a night, at least. */
export const SHORTEST_SESSION_S = 86_400;

/** Why readings would be lost under these terms, though everything looks well. */
export function shortfallOf({ sessionExpiryS, granted }: Terms): Refusal | undefined {
  if (granted.includes(0)) return tell('broker.qos0');
  if (sessionExpiryS === undefined || sessionExpiryS >= SHORTEST_SESSION_S) return undefined;
  return tell('broker.shortSession', { seconds: sessionExpiryS });
}

export function notSubscribed(url: string): Refusal {
  return tell('broker.notSubscribed', { url });
}

/** The end of a connection nobody has said a reason for. */
export function hungUp(url: string, hasAnswered: boolean): Refusal {
  return tell(hasAnswered ? 'broker.hungUp' : 'broker.hungUpEarly', { url });
}

/** A broker with an access list takes a subscription it never serves. */
export function nothingCame(minutes: number): Refusal {
  return tell('broker.nothingCame', { minutes });
}

export const SESSION_LOST = tell('broker.sessionLost');

export function clientIdTwice(clientId: string, isCertain: boolean): Refusal {
  return tell(isCertain ? 'broker.clientIdTwice' : 'broker.ended', { clientId });
}
