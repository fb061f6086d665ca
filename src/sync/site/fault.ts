/**
 * What can go wrong between the site and the centre, as a typed error: a code (the first word of a Redis error reply, or
 * Node's error code), a sentence for the technician, what to do, and how patiently to try again.
 */
import { cut } from '../../model/text.ts';
import { type TlsFault, tlsFaultOf } from '../../model/tls-fault.ts';

/** Longest text of a fault: part of it may be a stranger's. */
const MAX_TEXT = 300;

/** 'slow': only a person can mend it, try rarely. 'soon': it mends itself, back off. */
export type Patience = 'soon' | 'slow';

export class CentreFault extends Error {
  override readonly name = 'CentreFault';
  readonly code: string;
  readonly hint: string;
  readonly patience: Patience;

  constructor(code: string, detail: string, hint: string, patience: Patience = 'soon') {
    super(cut(detail, MAX_TEXT));
    this.code = code;
    this.hint = cut(hint, MAX_TEXT);
    this.patience = patience;
  }
}

type Advice = readonly [detail: string, hint: string, patience?: Patience];

const REPLIES: Readonly<Record<string, Advice>> = {
  NOAUTH: [
    'the centre wants a password',
    'set the user and password of this site in the centre section',
    'slow',
  ],
  WRONGPASS: [
    'the centre refuses user name or password',
    'correct the user and password in the centre section',
    'slow',
  ],
  NOPERM: [
    "the centre's user may not do what the site needs",
    "allow it the site's two keys and the commands listed in docs/sync.md",
    'slow',
  ],
  DENIED: [
    "the centre's protected mode refuses us",
    'set a password and a bind address at the centre',
    'slow',
  ],
  OOM: ["the centre's Redis is out of memory", 'raise maxmemory or trim the streams that are read already'],
  READONLY: [
    'the server reached is a replica',
    'nothing if a fail-over is under way; else give the master or Sentinels',
  ],
  MASTERDOWN: [
    'the server reached is a replica without its master',
    'wait for the fail-over, or look at the master',
  ],
  LOADING: ["the centre's Redis is still loading its data", 'nothing: it goes on by itself'],
  BUSY: [
    "the centre's Redis is busy with a script",
    'if it lasts, look there for a script that does not end',
  ],
  CLUSTERDOWN: ["the centre's Redis Cluster is down", 'look at the cluster: slots without a master'],
  TRYAGAIN: ["the centre's Redis Cluster is moving slots", 'nothing: it goes on by itself'],
  MISCONF: ["the centre's Redis cannot save to its disk", "look at the disk of the centre's Redis"],
  NOREPLICAS: [
    'too few replicas at the centre hold the data',
    'look at the replicas, or lower the number of replicas asked for',
  ],
  MOVED: [
    "the server reached is a Redis Cluster node that does not hold this site's keys",
    'use the address of a proxy or of the node that does',
    'slow',
  ],
  WRONGTYPE: [
    "something that is not a stream sits at the key of this site's log",
    'choose another prefix, or remove that key at the centre',
    'slow',
  ],
};

const LINE: Readonly<Record<string, Advice>> = {
  ECONNREFUSED: [
    'nothing listens at the address of the centre',
    'check address and port, and that Redis runs',
  ],
  ENOTFOUND: ['the name of the centre is unknown', 'check the name and the name server (DNS)'],
  EAI_AGAIN: ['the name server does not answer', 'check the line and the name server (DNS)'],
  ECONNRESET: ['the line to the centre was cut', 'nothing: it goes on by itself'],
  ETIMEDOUT: ['the centre does not answer', 'check the line, the address and any firewall'],
  EHOSTUNREACH: ['there is no way to the centre', 'check the line and the routes'],
  ENETUNREACH: ['there is no network', 'check the line'],
  ENOENT: ['a certificate file named in the settings is missing', 'check the file names', 'slow'],
  EACCES: ['a certificate file named in the settings may not be read', 'check its owner and mode', 'slow'],
};

const TLS: Readonly<Record<TlsFault, Advice>> = {
  theirs: [
    "the centre's certificate is not trusted",
    'give the CA file that signed it (centre.ca_file), and check names, dates and the clock of this box',
    'slow',
  ],
  ours_refused: [
    'the centre refuses the certificate of this box',
    'centre.cert_file must be signed by the CA the centre trusts (its tls-ca-cert-file) and not have run out; check its dates and the clock at the centre',
    'slow',
  ],
  ours_missing: [
    'the centre wants a client certificate and got none',
    'set centre.cert_file and centre.key_file, or tls-auth-clients optional at the centre',
    'slow',
  ],
  own_files: [
    'a certificate or key of this box for the centre cannot be used',
    'look at centre.ca_file, centre.cert_file and centre.key_file: PEM, whole, the key without a passphrase and that of the certificate',
    'slow',
  ],
  no_tls: [
    'the centre does not speak TLS at this address',
    'use the TLS port of the centre, or redis:// without TLS',
    'slow',
  ],
  other: [
    'this box and the centre do not agree on TLS',
    "look at the log of the centre's Redis: tls-protocols, tls-ciphers, certificates",
    'slow',
  ],
};

/** The code of an error reply, its first word: protocol, as against the text behind it. */
export function replyCode(reply: string): string {
  return /^-?([A-Z][A-Z0-9_]{0,31})(?=\s|$)/.exec(reply)?.[1] ?? 'ERR';
}

/** The fault that an error reply stands for. Its text is not passed on: it may quote what we sent. */
export function faultOfReply(reply: string): CentreFault {
  const code = replyCode(reply);
  const [detail, hint, patience] = REPLIES[code] ?? [
    `the centre's Redis answers with error ${code}`,
    "look at the log of the centre's Redis; docs/sync.md says which versions work",
  ];
  return new CentreFault(code, detail, hint, patience);
}

/** The fault behind anything thrown by the client library, the socket or the file system. */
export function toFault(error: unknown): CentreFault {
  if (error instanceof CentreFault) return error;
  if (error instanceof Error && error.name === 'ReplyError') return faultOfReply(error.message);
  const code = codeOf(error);
  const tls = tlsFaultOf(error);
  const [detail, hint, patience] =
    LINE[code] ??
    (tls
      ? TLS[tls]
      : (['the line to the centre broke or went silent', 'check the line; it goes on by itself'] as const));
  return new CentreFault(code, detail, hint, patience);
}

/** The other side ended the connection and did not say why: a Redis does so to clients that are idle (`timeout`). */
export function closed(): CentreFault {
  return new CentreFault(
    'CLOSED',
    'the centre closed the line',
    "nothing: it goes on by itself; if it lasts, look at the log of the centre's Redis",
  );
}

/** Whether the line ended in a way that lines end when nobody is at fault: closed when idle, cut by a router. */
export function isUsualEnd({ code }: CentreFault): boolean {
  return code === 'CLOSED' || code === 'ECONNRESET' || code === 'EPIPE';
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'LINE';
}
