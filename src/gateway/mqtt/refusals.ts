/** What a broker's refusals mean, and what a person does about them. */
import { errorText } from '../../model/error-text.ts';
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

const BANNED: Refusal = {
  detail: 'the broker has banned us',
  hint: "find out why in the broker's log, and let our user and client id in again there",
};
const QUOTA: Refusal = {
  detail: 'the broker lets no more clients in: a quota is used up',
  hint: "look at the broker's limits on clients and sessions",
};
const BUSY: Refusal = {
  detail: 'the broker runs and serves nobody for now',
  hint: "look at the broker's log; it is tried again by itself",
};
const ELSEWHERE: Refusal = {
  detail: 'the broker sends us to another server',
  hint: 'set mqtt.url to the server that serves us; we follow no broker to where it likes',
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

/** Why there is no connection. */
export function failedToConnect(url: string, error: Error & { readonly code?: unknown }): Refusal {
  return (
    connectRefusal(error.code) ?? {
      detail: `no connection to ${url}: ${error.message || String(error.code)}`,
      hint: tlsHint(error) ?? 'is the broker running, and the address right?',
    }
  );
}

export function unusableFiles(url: string, error: unknown): Refusal {
  return {
    detail: `no connection to ${url} can be made: ${errorText(error)}`,
    hint: 'look at mqtt.ca_file, mqtt.cert_file and mqtt.key_file: PEM, whole, the key without a passphrase and that of the certificate',
  };
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

/** What a broker has said of how it serves us: with the CONNACK, and of each subscription. */
export interface Terms {
  /** Undefined when it takes what we asked for. */
  readonly sessionExpiryS: number | undefined;
  readonly granted: readonly number[];
}

/** What it keeps for us while we are away it must keep as long as that lasts: a night, at least. */
const SHORTEST_SESSION_S = 86_400;

/** Why readings would be lost under these terms, though everything looks well. */
export function shortfallOf({ sessionExpiryS, granted }: Terms): Refusal | undefined {
  if (granted.includes(0)) {
    return {
      detail:
        'the broker delivers at QoS 0 only: readings that come while the line or the box is down are lost',
      hint: 'allow QoS 1 for our user and listener (Mosquitto: max_qos)',
    };
  }
  if (sessionExpiryS === undefined || sessionExpiryS >= SHORTEST_SESSION_S) return undefined;
  return {
    detail: `the broker keeps our session for ${sessionExpiryS} s only: what comes while the box is away for longer is lost`,
    hint: "raise the broker's limit on how long sessions are kept (session expiry) to days",
  };
}

export function notSubscribed(url: string): Refusal {
  return {
    detail: `the broker at ${url} lets us in and does not answer our subscription`,
    hint: "look at the broker's log; it is tried again by itself",
  };
}

/** The end of a connection nobody has said a reason for. */
export function hungUp(url: string, hasAnswered: boolean): Refusal {
  return hasAnswered
    ? {
        detail: `the broker at ${url} closed the connection`,
        hint: 'is the broker running, and is our client id used twice?',
      }
    : {
        detail: `the broker at ${url} closes the connection before it answers`,
        hint: "is it an MQTT broker, and does it speak our version? mqtt.protocol; else look at the broker's log",
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
