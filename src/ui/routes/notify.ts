/** Notifications over the API: how the channels do, what waits, what was told, and a test message. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { NOTIFY_CHANNELS, type NotifyProof } from '../../model/notify.ts';
import type { NotifyStatus } from '../../model/notify-service.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { maybe } from '../shapes/describe.ts';
import { number } from '../shapes/inputs.ts';
import type { NotifyProofView, NotifyView } from '../shapes/notify.ts';
import { notifyId } from '../shapes/notify-input.ts';
import { iso, partView } from '../shapes/part-views.ts';
import { notifyOf, problemOf } from './notify-book.ts';
import type { Services } from './services.ts';

const logParams = z.object({
  limit: z._default(number(1, 1_000), 100),
  before: z.optional(number(1, Number.MAX_SAFE_INTEGER)),
  person: maybe(notifyId, 'Id; all without'),
  channel: maybe(z.enum(NOTIFY_CHANNELS), 'All without'),
});

const testParams = z.object({
  channel: maybe(
    z.string().check(z.regex(/^(email|mqtt|downlink|webhook:[a-z0-9-]{1,64})$/, 'must be a channel')),
    'Only addresses it leads to: email, mqtt, downlink, webhook:<name>',
  ),
});

export function notifyRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/notify',
      operation({
        name: 'getNotify',
        summary: 'How telling people of alarms stands, by channel',
        access: allow.viewer('read'),
        responses: { 200: { description: 'As it is', shape: 'Notify' } },
      }),
      (c) => c.json(statusView(notifyOf(services).status())),
    )
    .get(
      '/notify/waiting',
      operation({
        name: 'listNotifyWaiting',
        summary: 'What waits for each address',
        access: allow.viewer('read'),
        responses: { 200: { description: 'All of it', pageOf: 'NotifyWaiting' } },
      }),
      (c) => {
        const items = notifyOf(services).waiting();
        return c.json({ items: items.map(({ oldestMs, ...rest }) => ({ ...rest, oldest: iso(oldestMs) })) });
      },
    )
    .get(
      '/notify/log',
      operation({
        name: 'listNotifyLog',
        summary: 'What was told, with the answer of each server; newest first, the newest thousand are kept',
        access: allow.viewer('read'),
        responses: { 200: { description: 'A page of it', pageOf: 'NotifyProof' } },
      }),
      query(logParams),
      (c) => {
        const { limit, before = Number.MAX_SAFE_INTEGER, ...wanted } = c.req.valid('query');
        return c.json({ items: notifyOf(services).proofs(before, limit, wanted).map(proofView) });
      },
    )
    .post(
      '/notify/people/:id/test',
      operation({
        name: 'testNotifyPerson',
        summary: 'Sends a test message to each address of a person, now; its proof is in the log',
        access: allow.technician('write'),
        responses: {
          200: { description: 'What became of each', pageOf: 'NotifyTrial' },
          404: { description: 'There is nobody of this name' },
          503: { description: 'Another test is under way' },
        },
      }),
      query(testParams),
      async (c) => {
        const { channel } = c.req.valid('query');
        const outcome = await notifyOf(services).test(c.req.param('id'), channel);
        if ('refused' in outcome) throw problemOf(outcome);
        c.var.tell({ ok: outcome.filter(({ isOk }) => isOk).length, of: outcome.length });
        return c.json({ items: [...outcome] });
      },
    );
}

function statusView({ channels, queued, oldestUnsentMs, ...part }: NotifyStatus): NotifyView {
  return {
    ...partView(part),
    queued,
    ...(oldestUnsentMs === undefined ? {} : { oldestUnsent: iso(oldestUnsentMs) }),
    channels: channels.map(({ told, sinceMs, lastSentMs, ...rest }) => ({
      ...rest,
      ...(sinceMs === undefined ? {} : { since: iso(sinceMs) }),
      detail: told.detail,
      ...(told.hint === undefined ? {} : { hint: told.hint }),
      said: told.said.map(({ key, values, todo }) => ({
        key,
        values,
        ...(todo === undefined ? {} : { todo }),
      })),
      ...(lastSentMs === undefined ? {} : { lastSent: iso(lastSentMs) }),
    })),
  };
}

function proofView({ timeMs, ageMs, ...rest }: NotifyProof): NotifyProofView {
  return { ...rest, time: iso(timeMs), ageSeconds: ageMs / 1_000 };
}
