/** A site that tells people of alarms: a real store and the notifier on it; time that runs a thousand times as fast; the engine is played. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { NotifySettings } from '../../src/config/schema.ts';
import type { AlarmPriority, AlarmRule } from '../../src/model/alarm.ts';
import type { AlarmTransition } from '../../src/model/alarm-record.ts';
import type { NotifyPersonInput, NotifyRouteInput } from '../../src/model/notify.ts';
import type { NotifyService } from '../../src/model/notify-service.ts';
import type { World } from '../../src/model/world.ts';
import type { ChannelSender } from '../../src/notify/channels/channel.ts';
import { createEmailSender } from '../../src/notify/channels/email.ts';
import { createWebhookSender } from '../../src/notify/channels/webhook.ts';
import { createNotifier } from '../../src/notify/notifier.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { DEFAULTS } from '../support/config.ts';
import { temporaryFolder } from '../support/process.ts';
import { createFastWorld } from '../support/world.ts';

export const ADA: NotifyPersonInput = {
  name: 'Ada',
  language: 'en',
  addresses: [{ channel: 'email', to: 'ada@site.example' }],
};
export const ALL: NotifyRouteInput = {
  name: 'all',
  enabled: true,
  priorities: ['critical', 'high', 'medium', 'low'],
  to: ['person:ada'],
  recovery: false,
  escalate: [],
};

export interface TellingSite {
  readonly store: Store;
  readonly notify: NotifyService;
  readonly folder: string;
  nowMs(): number;
  raise(alarm: string, priority?: AlarmPriority): Promise<void>;
  say(event: AlarmTransition['event'], alarm: string, given?: Partial<AlarmTransition>): Promise<void>;
  /** Lets time pass on the wall, at once. */
  pass(ms: number): void;
  /** A copy of the store as a power cut would leave it now. */
  copyTo(folder: string): void;
  stop(): Promise<void>;
}

export interface TellingOptions {
  readonly settings?: Partial<NotifySettings>;
  readonly senders?: ReadonlyMap<string, ChannelSender>;
  readonly person?: NotifyPersonInput;
  readonly route?: Partial<NotifyRouteInput>;
  /** Of a store that is there. */
  readonly dir?: string;
  readonly factor?: number;
  /** Sees each commit before it is done. */
  readonly beforeCommit?: () => void;
}

export async function tellingSite(options: TellingOptions = {}): Promise<TellingSite> {
  const { factor = 1_000, beforeCommit = () => {} } = options;
  const own = options.dir === undefined ? temporaryFolder() : undefined;
  const dir = options.dir ?? own?.path ?? '';
  const world: World = createFastWorld(factor);
  const startedMs = world.clock.monotonicMs();
  let passedMs = 0;
  const nowMs = () =>
    Date.parse('2026-06-10T12:00:00+02:00') + world.clock.monotonicMs() - startedMs + passedMs;
  const store = openStore({ dir, world });
  const config = { ...DEFAULTS.notify, webhooks: DEFAULTS.webhooks, ...options.settings };
  const senders = new Map<string, ChannelSender>([
    ['email', createEmailSender(config, createFastWorld(1))],
    ...config.webhooks.map(
      (hook) => [`webhook:${hook.name}`, createWebhookSender(hook, config, createFastWorld(1))] as const,
    ),
    ...(options.senders ?? []),
  ]);
  const notify = createNotifier({
    store: {
      ...{ log: store.log, kept: store.kept, documents: store.documents },
      commit(change) {
        beforeCommit();
        return store.commit(change);
      },
    },
    ...{ config, world, nowMs, senders, site: { id: 'hill', name: 'Hill' }, timeZone: 'Europe/Berlin' },
    ruleOf: () => ({ ...RULE, id: 'tank' }),
  });
  if (options.dir === undefined) {
    notify.put('person', 'ada', options.person ?? ADA, 0, 'user root');
    notify.put('route', 'all', { ...ALL, ...options.route }, 0, 'user root');
  }
  await notify.start();
  let n = 0;
  const say: TellingSite['say'] = async (event, alarm, given = {}) => {
    n += 1;
    const timeMs = nowMs();
    const body: AlarmTransition = {
      ...{
        event,
        alarm,
        rule: 'tank',
        subject: 'x',
        name: 'Tank too full',
        subjectName: alarm,
        area: 'North',
      },
      ...{
        priority: 'high',
        state: 'active',
        isAnnounced: false,
        message: 'level is 92 %',
        activeMs: timeMs,
      },
      ...{ group: 'rule:tank', n, afterSeq: 0, ...given },
    };
    const stored = store.commit({ records: [{ kind: 'alarm', timeMs, device: null, body }] });
    store.flush();
    await stored;
  };
  return {
    ...{ store, notify, nowMs, say, folder: dir },
    raise: (alarm, priority = 'high') => say('raised', alarm, { isAnnounced: true, priority }),
    pass(ms) {
      passedMs += ms;
    },
    copyTo: (folder) => cpSync(dir, join(folder), { recursive: true }),
    async stop() {
      await notify.stop();
      await store.close();
      own?.remove();
    },
  };
}

const RULE: Omit<AlarmRule, 'id'> = {
  ...{ name: 'Tank too full', enabled: true, scope: { kind: 'site' }, priority: 'high', latched: false },
  ...{ condition: { kind: 'gateway-offline' }, onDelayMs: 0, offDelayMs: 0, revision: 1, changedMs: 0 },
  ...{
    changedBy: 'user root',
    cause: 'the valve hangs',
    consequence: 'it floods',
    action: 'close the valve',
  },
};
