/**
 * What can go wrong between the site and the centre, as a typed error: a code (the first word of a Redis error reply, or
 * Node's error code), a sentence for the technician, what to do, and how patiently to try again.
 */
import { type Told, type ToldTrouble, tell } from '../../model/said.ts';
import { cut } from '../../model/text.ts';
import { tlsFaultOf } from '../../model/tls-fault.ts';

/** Longest text of a fault: part of it may be a stranger's. */
const MAX_TEXT = 300;

/** 'slow': only a person can mend it, try rarely. 'soon': it mends itself, back off. */
export type Patience = 'soon' | 'slow';

export interface Redirect {
  /** 'host:port', a stranger's word; without a host it is that of the node that answered. */
  readonly address: string;
  /** For this one command, as against for good. */
  readonly isAsk: boolean;
}

export class CentreFault extends Error {
  override readonly name = 'CentreFault';
  readonly code: string;
  readonly hint: string;
  /** The same as `message` and `hint`, for whoever says it in another language. */
  readonly told: Told;
  readonly patience: Patience;
  /** Where a node of a Redis Cluster sends us. */
  readonly redirect: Redirect | undefined;

  constructor(
    code: string,
    told: ToldTrouble,
    patience: Patience = 'soon',
    redirect: Redirect | undefined = undefined,
  ) {
    super(cut(told.detail, MAX_TEXT));
    this.code = code;
    this.hint = cut(told.hint, MAX_TEXT);
    this.told = { detail: this.message, hint: this.hint, said: told.said };
    this.patience = patience;
    this.redirect = redirect;
  }
}

/** Error replies with words of their own: whether they mend themselves. */
const REPLIES = {
  NOAUTH: 'slow',
  WRONGPASS: 'slow',
  NOPERM: 'slow',
  DENIED: 'slow',
  OOM: 'soon',
  READONLY: 'soon',
  MASTERDOWN: 'soon',
  LOADING: 'soon',
  BUSY: 'soon',
  CLUSTERDOWN: 'soon',
  TRYAGAIN: 'soon',
  MISCONF: 'soon',
  NOREPLICAS: 'soon',
  MOVED: 'slow',
  ASK: 'soon',
  CROSSSLOT: 'slow',
  WRONGTYPE: 'slow',
} as const satisfies Readonly<Record<string, Patience>>;

/** Codes of Node about the line and about files. */
const LINE = {
  ECONNREFUSED: 'soon',
  ENOTFOUND: 'soon',
  EAI_AGAIN: 'soon',
  ECONNRESET: 'soon',
  ETIMEDOUT: 'soon',
  EHOSTUNREACH: 'soon',
  ENETUNREACH: 'soon',
  ENOENT: 'slow',
  EACCES: 'slow',
} as const satisfies Readonly<Record<string, Patience>>;

function isIn<T extends object>(code: string, table: T): code is keyof T & string {
  return Object.hasOwn(table, code);
}

/** What Redis before 7 puts in front of an error that a script met: where in the script, and that it ended there. */
const IN_SCRIPT = /^(?:-?ERR Error running script \([^)]{0,80}\): )?(?:@user_script: ?\d{1,5}: )+/;
/** A missing right has no code of its own there, in the words of Redis and of Valkey. */
const FORBIDDEN_IN_SCRIPT = /^(?:ERR )?(?:The user executing the script can't |ACL failure in script: )/;

/** The code of an error reply, its first word: protocol, as against the text behind it. */
export function replyCode(reply: string): string {
  const text = reply.replace(IN_SCRIPT, '');
  if (FORBIDDEN_IN_SCRIPT.test(text)) return 'NOPERM';
  return /^-?([A-Z][A-Z0-9_]{0,31})(?=\s|$)/.exec(text)?.[1] ?? 'ERR';
}

/** The fault that an error reply stands for. Its text is not passed on: it may quote what we sent. */
export function faultOfReply(reply: string): CentreFault {
  const code = replyCode(reply);
  const redirect = redirectOf(reply);
  if (isIn(code, REPLIES)) return new CentreFault(code, tell(`centre.${code}`), REPLIES[code], redirect);
  return new CentreFault(code, tell('centre.reply', { code }), 'soon', redirect);
}

function redirectOf(reply: string): Redirect | undefined {
  const match = /^-?(MOVED|ASK) \d{1,5} ([\w.:%[\]-]{0,255}:\d{1,5})$/.exec(reply);
  return match ? { address: match[2] ?? '', isAsk: match[1] === 'ASK' } : undefined;
}

/** The fault behind anything thrown by the client library, the socket or the file system. */
export function toFault(error: unknown): CentreFault {
  if (error instanceof CentreFault) return error;
  if (error instanceof Error && error.name === 'ReplyError') return faultOfReply(error.message);
  const code = codeOf(error);
  const tls = tlsFaultOf(error);
  if (isIn(code, LINE)) return new CentreFault(code, tell(`centre.${code}`), LINE[code]);
  return tls
    ? new CentreFault(code, tell(`centre.tls.${tls}`), 'slow')
    : new CentreFault(code, tell('centre.LINE'));
}

/** The other side ended the connection and did not say why: a Redis does so to clients that are idle (`timeout`). */
export function closed(): CentreFault {
  return new CentreFault('CLOSED', tell('centre.closed'));
}

/** Whether the line broke or went silent, as against an answer that refuses. */
export function isLineFault({ code }: CentreFault): boolean {
  return code === 'CLOSED' || code === 'LINE' || code === 'EPIPE' || code in LINE;
}

/** Whether the line ended in a way that lines end when nobody is at fault: closed when idle, cut by a router. */
export function isUsualEnd({ code }: CentreFault): boolean {
  return code === 'CLOSED' || code === 'ECONNRESET' || code === 'EPIPE';
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'LINE';
}
