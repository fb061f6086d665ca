/**
 * A webhook: one POST a message, signed as Standard Webhooks have it, bounded in time and in what is read of the answer. Redirects
 * are refused: the message would go where nobody said.
 */
import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { NotifyConfig, NotifySettings } from '../../config/schema.ts';
import { readInTime } from '../../files/read-file.ts';
import { retryAfterMs } from '../../model/retry-after.ts';
import { type SaidKey, ToldError, tell, toldOf } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import { answered, briefly, type ChannelSender, type SendOutcome } from './channel.ts';
import { webhookBody } from './webhook-bodies.ts';

type Webhook = NotifySettings['webhooks'][number];

const MAX_ANSWER_BYTES = 4_096;

interface Answered {
  readonly status: number;
  readonly text: string;
  /** Milliseconds for which it does not want to be asked. */
  readonly waitMs: number | undefined;
}

export function createWebhookSender(
  hook: Webhook,
  { timeoutMs, caFile }: Pick<NotifyConfig, 'timeoutMs' | 'caFile'>,
  world: World,
): ChannelSender {
  return {
    async send(message, signal) {
      const { address, messageId } = message;
      const body = webhookBody(
        hook.template,
        message,
        address.channel === 'webhook' ? address.to : undefined,
      );
      const headers = signed(hook.secret, messageId, body, world.clock.nowMs());
      const progress = { isTold: false };
      try {
        const ca = caFile === undefined ? undefined : await readInTime(caFile, world.clock);
        const answered = await post(
          { url: new URL(hook.url), body, headers, ca, timeoutMs, progress },
          world,
          signal,
        );
        return outcomeOf(answered, address.channel === 'webhook' && address.to !== undefined);
      } catch (error) {
        const todo = 'notify.reach.todo';
        const maybeArrived = progress.isTold;
        return { kind: 'retry', ...answered(toldOf(error)), isOfChannel: true, maybeArrived, todo };
      }
    },
  };
}

function signed(secret: string | undefined, id: string, body: string, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const hmac =
    secret === undefined
      ? undefined
      : createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`);
  return {
    'content-type': 'application/json',
    'user-agent': 'webscada-edge',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(hmac === undefined ? {} : { 'webhook-signature': `v1,${hmac.digest('base64')}` }),
  };
}

/** As the receivers' own libraries read it: base64 behind the prefix; any other text is the key itself. */
function keyOf(secret: string): string | Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
}

interface Posting {
  readonly url: URL;
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly ca: Buffer | undefined;
  readonly timeoutMs: number;
  readonly progress: { isTold: boolean };
}

function post(posting: Posting, { clock }: World, signal: AbortSignal): Promise<Answered> {
  const { url, body, headers, ca, timeoutMs, progress } = posting;
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const asked = request(url, { method: 'POST', headers, agent: false, signal, ...(ca ? { ca } : {}) });
    const cancel = clock.after(timeoutMs, () =>
      asked.destroy(new ToldError(tell('notify.noAnswer', { seconds: timeoutMs / 1_000 }))),
    );
    const end = (act: () => void): void => {
      cancel();
      act();
      asked.destroy();
    };
    asked.once('error', (error) => end(() => reject(error)));
    asked.once('finish', () => {
      progress.isTold = true;
    });
    asked.once('response', (response) => {
      let text = '';
      const { statusCode: status = 0, headers } = response;
      const waitMs = retryAfterMs(headers['retry-after'], headers.date, clock.nowMs());
      const done = (): void => end(() => resolve({ status, text, waitMs }));
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > MAX_ANSWER_BYTES) done();
      });
      response.once('end', done);
      response.once('error', done);
    });
    asked.end(body);
  });
}

/** Statuses by which the receiver says that this body is none for it. */
const REFUSED = new Set([400, 413, 415, 422]);
/** A proxy says them, which does not know what became of it. */
const UNKNOWN_FATE = new Set([408, 502, 504]);

/** A chat that is gone, or a person who has blocked us. */
const OF_ADDRESS = new Set([403, 404]);

function outcomeOf({ status, text, waitMs }: Answered, hasOwnAddress: boolean): SendOutcome {
  const answer = briefly(`${status} ${text}`);
  if (status >= 200 && status < 300) return { kind: 'sent', answer };
  if (REFUSED.has(status)) return { kind: 'refused', answer };
  return {
    kind: 'retry',
    answer,
    isOfChannel: !(hasOwnAddress && OF_ADDRESS.has(status)),
    maybeArrived: UNKNOWN_FATE.has(status),
    todo: todoOf(status),
    ...(waitMs === undefined ? {} : { waitMs }),
  };
}

function todoOf(status: number): SaidKey {
  if (status >= 300 && status < 400) return 'notify.redirect.todo';
  if (status === 401 || status === 403 || status === 404) return 'notify.url.todo';
  return 'notify.receiver.todo';
}
