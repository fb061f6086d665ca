/** What a broker's refusals mean, and what a person does about them. */
import { type TlsFault, tlsFaultOf } from '../../model/tls-fault.ts';

/** What to look at when TLS fails, by whose certificate it was about. */
const TLS_HINTS: Readonly<Record<TlsFault, string>> = {
  theirs:
    "we do not trust the broker's certificate: give the CA that signed it (mqtt.ca_file), check its names and dates and our clock",
  ours_refused:
    'the broker refuses our certificate: mqtt.cert_file must be signed by the CA the broker trusts and not have run out; check the clock there',
  ours_missing: 'the broker wants a client certificate: set mqtt.cert_file and mqtt.key_file',
  own_files: 'look at mqtt.ca_file, mqtt.cert_file and mqtt.key_file: PEM, whole, belonging together',
  no_tls: "the broker does not speak TLS at this port: use its TLS port, or mqtt:// without the 's'",
  other: "look at the broker's log: it and we do not agree on TLS",
};

/** undefined for an error that has nothing to do with TLS. */
export function tlsHint(error: unknown): string | undefined {
  const fault = tlsFaultOf(error);
  return fault && TLS_HINTS[fault];
}

export interface Refusal {
  readonly detail: string;
  readonly hint: string;
}

const VERSION: Refusal = {
  detail: 'the broker refuses this MQTT version',
  hint: 'set mqtt.protocol to "3.1.1"',
};
const CLIENT_ID: Refusal = { detail: 'the broker refuses our client id', hint: 'set mqtt.client_id' };
const PASSWORD: Refusal = {
  detail: 'the broker refuses user or password',
  hint: 'check mqtt.username and mqtt.password',
};
const ACCESS: Refusal = {
  detail: 'the broker does not let us in',
  hint: 'check mqtt.username, mqtt.password and its access list',
};

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
};

export function connectRefusal(code: unknown): Refusal | undefined {
  return typeof code === 'number' ? CONNACK[code] : undefined;
}

export function refusesVersion(code: unknown): boolean {
  return code === 1 || code === 132;
}

/** PUBACK of MQTT 5 (§3.4.2.1): an older broker acknowledges a command and throws it away. */
const NOT_AUTHORIZED = 135;
/** DISCONNECT of MQTT 5 (§3.14.2.1). */
const SESSION_TAKEN_OVER = 142;

export function refusesCommand(code: unknown): boolean {
  return code === NOT_AUTHORIZED;
}

export function isTakenOver(code: unknown): boolean {
  return code === SESSION_TAKEN_OVER;
}

export const COMMANDS_REFUSED: Refusal = {
  detail: 'the broker refuses our commands: its access list',
  hint: "allow our user to write gateway/+/command/# in the broker's access list",
};

export function subscriptionRefused(what: string): Refusal {
  return {
    detail: `the broker refuses our subscription: ${what}`,
    hint: "allow our user to read these topics in the broker's access list",
  };
}

/** A broker with an access list takes a subscription it never serves. */
export function nothingCame(minutes: number): Refusal {
  return {
    detail: `connected to the broker and subscribed, but nothing has come in ${minutes} minutes`,
    hint: "does a Gateway Bridge publish to this broker, and may our user read gateway/# in the broker's access list?",
  };
}

export const SESSION_LOST: Refusal = {
  detail: 'the broker forgot our session: what it held for us, and what came while we were away, is lost',
  hint: 'let it keep sessions on disk (Mosquitto: persistence true, autosave_interval), and look at its own log for why it started anew',
};

export function clientIdTwice(clientId: string, isCertain: boolean): Refusal {
  const hint =
    'stop the other one (a second box, a copy of this one), or give each its own site.id or mqtt.client_id';
  return isCertain
    ? { detail: `another client with our client id ${clientId} takes our connection again and again`, hint }
    : {
        detail: `the broker ends our connection again and again, soon after letting us in as ${clientId}`,
        hint: `most likely another client has our client id: ${hint}; else look at the broker's log`,
      };
}
