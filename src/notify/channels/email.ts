/**
 * E-mail over SMTP: one connection a message, encrypted unless the settings say otherwise. SMTP knows no exactly-once: when the
 * answer to DATA is lost, the message goes again under the same Message-ID, by which servers and people can tell.
 */
import { Readable } from 'node:stream';
import { domainToASCII } from 'node:url';
import type { NotifyConfig } from '../../config/schema.ts';
import { readInTime } from '../../files/read-file.ts';
import { errorText } from '../../model/error-text.ts';
import { type Said, type SaidKey, ToldError, tell } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import { briefly, type ChannelSender, type Outgoing, type SendOutcome } from './channel.ts';

/** How an SMTP server failed us, as the library says. */
interface SmtpFailure {
  readonly command?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly text: string;
  /** Where the words are ours. */
  readonly said?: readonly Said[];
  /** What to do about it, as far as it is not in the words. */
  readonly todo?: SaidKey | undefined;
}

export function createEmailSender(config: NotifyConfig, world: World): ChannelSender {
  return {
    async send(message, signal) {
      const { address } = message;
      if (address.channel !== 'email') return { kind: 'refused', answer: 'not an e-mail address' };
      const progress = { isTold: false };
      try {
        const raw = await compose(config, message, address.to);
        const answer = await exchange(config, world, signal, async (session) => {
          const envelope = { from: inAscii(addressOf(config.from ?? '')), to: [inAscii(address.to)] };
          return session.send(envelope, Readable.from(told(raw, progress)));
        });
        return { kind: 'sent', answer: briefly(answer) };
      } catch (error) {
        return outcomeOf(failureOf(error), progress.isTold);
      }
    },
  };
}

/** The library reads only once the server has said that it takes the message. */
function* told(raw: Buffer, progress: { isTold: boolean }): Generator<Buffer> {
  progress.isTold = true;
  yield raw;
}

export interface SmtpSession {
  send(envelope: { from: string; to: string[] }, raw: Readable): Promise<string>;
}

/** Connects, encrypts, says who we are, and gives the session to `use`; ends it whatever happens. */
export async function exchange(
  config: NotifyConfig,
  world: World,
  signal: AbortSignal,
  use: (session: SmtpSession) => Promise<string>,
): Promise<string> {
  const { SMTPConnection } = await import('./mail-library.ts');
  const { smtpHost: host = '', smtpPort: port, smtpSecurity, smtpUsername, smtpPassword, timeoutMs } = config;
  const ca = config.caFile === undefined ? undefined : await readInTime(config.caFile, world.clock);
  const connection = new SMTPConnection({
    ...{ host, port, secure: smtpSecurity === 'tls', requireTLS: smtpSecurity === 'starttls' },
    ignoreTLS: smtpSecurity === 'none',
    ...{
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
    },
    maxResponseSize: 16_384,
    allowInternalNetworkInterfaces: true,
    tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
  });
  let cancel = (): void => {};
  let stop = (): void => {};
  const steps = new Promise<string>((resolve, reject) => {
    const fail = (error: unknown): void => reject(error);
    connection.on('error', fail);
    // What it said last, such as 421, is told after the end.
    connection.once('end', () => setImmediate(fail, new ToldError(tell('notify.mailClosed'))));
    stop = () => fail(new ToldError(tell('notify.stopped')));
    signal.addEventListener('abort', stop, { once: true });
    // Whatever each step may take: all of it together is bounded too.
    cancel = world.clock.after(4 * timeoutMs, () => fail(new ToldError(tell('notify.mailSlow'))));
    const send: SmtpSession['send'] = (envelope, raw) =>
      new Promise((done, failed) => {
        connection.send(envelope, raw, (error, info) => (error ? failed(error) : done(info?.response ?? '')));
      });
    const go = (): void => void use({ send }).then(resolve, reject);
    connection.connect((error) => {
      if (error) return fail(error);
      if (smtpUsername === undefined) return go();
      const credentials = { user: smtpUsername, pass: (smtpPassword ?? '').trim() };
      return connection.login({ credentials }, (refused) => (refused ? fail(refused) : go()));
    });
  });
  try {
    return await steps;
  } finally {
    cancel();
    // The signal lives as long as the box runs.
    signal.removeEventListener('abort', stop);
    connection.on('error', () => {});
    connection.close();
  }
}

async function compose(config: NotifyConfig, message: Outgoing, to: string): Promise<Buffer> {
  const { MailComposer } = await import('./mail-library.ts');
  const composer = new MailComposer({
    from: config.from ?? '',
    to,
    subject: message.subject,
    text: message.text,
    messageId: `<${message.messageId}>`,
    date: new Date(message.madeMs),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return await composer.compile().build();
}

/** 'Edge <edge@site.example>' -> 'edge@site.example' */
function addressOf(from: string): string {
  return /<([^<>]+)>/.exec(from)?.[1] ?? from;
}

/** Most servers take no other letters in a domain; in front of the @ they are the receiving server's own. */
function inAscii(address: string): string {
  const at = address.lastIndexOf('@') + 1;
  return address.slice(0, at) + (domainToASCII(address.slice(at)) || address.slice(at));
}

export function failureOf(error: unknown): SmtpFailure {
  if (!(error instanceof Error)) return { text: String(error) };
  const text = briefly(
    'response' in error && typeof error.response === 'string' ? error.response : errorText(error),
  );
  const { command, responseCode } = error as { command?: unknown; responseCode?: unknown };
  const known = {
    text,
    ...(typeof command === 'string' ? { command } : {}),
    ...(typeof responseCode === 'number' ? { responseCode } : {}),
    ...(error instanceof ToldError ? { said: error.told.said } : {}),
  };
  return { ...known, todo: adviceOn(known) };
}

/** It wants a login, or that we encrypt, before anything else (RFC 4954, RFC 3207). */
const NOT_LET_IN = new Set([530, 534, 535, 538]);

/** The server takes this address from nobody who is not logged in, or who comes from elsewhere: it has no enhanced code of its own. */
const NO_RELAY = /\brelay|rcpthosts/i;

/** The library puts a code of its own in place of Node's, so that words are all there is. */
const OF_CONNECTION: readonly (readonly [RegExp, SaidKey])[] = [
  [/certificate has expired/, 'step.tlsExpired.todo'],
  [/does not match certificate/, 'step.tlsName.todo'],
  [/self-signed certificate|unable to (get|verify)/, 'step.tlsAuthority.todo'],
  [/^Greeting never received|^Timeout$|wrong version number/, 'notify.mailPort.todo'],
  [/^TLS: /, 'step.tls.other.todo'],
];

function adviceOn({ command, responseCode, text }: SmtpFailure): SaidKey | undefined {
  if (command?.startsWith('AUTH')) return 'notify.login.todo';
  if (command === 'STARTTLS') return 'notify.mailPort.todo';
  if (isRelayRefused({ command, text })) return 'step.mailLogin.todo';
  if (responseCode !== undefined && NOT_LET_IN.has(responseCode))
    return /STARTTLS/i.test(text) ? 'notify.mailPort.todo' : 'step.mailLogin.todo';
  // What the server says of itself, such as 421, is better than a guess.
  if (command !== 'CONN' || responseCode !== undefined) return undefined;
  return OF_CONNECTION.find(([words]) => words.test(text))?.[1] ?? 'notify.reach.todo';
}

function isRelayRefused({ command, text }: Pick<SmtpFailure, 'command' | 'text'>): boolean {
  return command === 'RCPT TO' && NO_RELAY.test(text);
}

function outcomeOf({ text, said, command, responseCode, todo }: SmtpFailure, isTold: boolean): SendOutcome {
  const isLetIn = responseCode === undefined || !NOT_LET_IN.has(responseCode);
  const isOfMessage = isLetIn && (command === 'RCPT TO' || command === 'DATA' || isTold);
  if (responseCode !== undefined && responseCode >= 500 && isOfMessage && !isRelayRefused({ command, text }))
    return { kind: 'refused', answer: text };
  return {
    kind: 'retry',
    answer: text,
    said,
    // One mailbox that is full is no fault of the server.
    isOfChannel: !isOfMessage,
    maybeArrived: isTold && responseCode === undefined,
    ...(todo === undefined ? {} : { todo }),
  };
}
