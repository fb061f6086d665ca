/** Whom the box tells of alarms, what waits for them and what was told. */
import * as z from 'zod/mini';
import { NOTIFY_CHANNELS } from '../../model/notify.ts';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { anyJson, groupInput, personInput, routeInput } from './notify-input.ts';
import { part } from './status.ts';
import { saidSchema } from './told.ts';

const kept = {
  id: z.string(),
  revision: about(z.int(), 'Counts the changes; the ETag'),
  changed: time,
  changedBy: z.string(),
};

// It holds itself; without a name the document would refer to a part that it has not.
named('JsonValue', anyJson);
export const notifyPersonSchema = named('NotifyPerson', z.object({ ...kept, ...personInput.shape }));
export const notifyGroupSchema = named('NotifyGroup', z.object({ ...kept, ...groupInput.shape }));
export const notifyRouteSchema = named('NotifyRoute', z.object({ ...kept, ...routeInput.shape }));

const channel = z.enum(NOTIFY_CHANNELS);
const { state: _state, since: _since, ...told } = part;

export const notifyStatusSchema = named(
  'Notify',
  z.object({
    ...part,
    queued: about(count, 'Addresses for which a message waits that could have left'),
    oldestUnsent: maybe(time, 'Since when the oldest of them waits'),
    channels: z.readonly(
      z.array(
        z.object({
          channel,
          name: maybe(z.string(), 'Of a webhook'),
          server: z.string(),
          state: z.enum(['ok', 'degraded', 'not_configured']),
          ...told,
          since: maybe(time, 'Since when nothing leaves, where it was tried'),
          queued: count,
          sent: about(count, 'Since the start'),
          failed: about(count, 'Given up, since the start'),
          lastSent: maybe(time, 'When the last one was taken'),
        }),
      ),
    ),
  }),
);

export const notifyProofSchema = named(
  'NotifyProof',
  z.object({
    n: z.int(),
    time: about(time, 'When it was taken, refused or given up'),
    outcome: z.enum(['sent', 'failed', 'dropped']),
    person: z.string(),
    personName: z.string(),
    channel,
    to: z.string(),
    messageId: z.string(),
    subject: z.string(),
    answer: about(z.string(), 'Of the server'),
    said: saidSchema,
    alarms: count,
    ageSeconds: about(z.number(), 'How old the oldest news in it was'),
    attempts: count,
    maybeTwice: maybe(z.boolean(), 'It may have been there before, under the same Message-ID'),
    isTest: maybe(z.boolean(), 'A test'),
  }),
);

export const notifyWaitingSchema = named(
  'NotifyWaiting',
  z.object({
    person: z.string(),
    personName: z.string(),
    channel,
    to: z.string(),
    alarms: count,
    oldest: time,
    until: about(z.enum(['now', 'quiet', 'digest']), 'What it waits for'),
    problem: maybe(z.string(), 'Why it has not left'),
    said: saidSchema,
    attempts: count,
  }),
);

export const notifyTrialSchema = named(
  'NotifyTrial',
  z.object({
    channel,
    to: z.string(),
    isOk: z.boolean(),
    answer: z.string(),
    said: saidSchema,
    messageId: z.string(),
  }),
);

export type NotifyPersonView = z.infer<typeof notifyPersonSchema>;
export type NotifyGroupView = z.infer<typeof notifyGroupSchema>;
export type NotifyRouteView = z.infer<typeof notifyRouteSchema>;
export type NotifyView = z.infer<typeof notifyStatusSchema>;
export type NotifyProofView = z.infer<typeof notifyProofSchema>;
export type NotifyWaitingView = z.infer<typeof notifyWaitingSchema>;
export type NotifyTrialView = z.infer<typeof notifyTrialSchema>;
