/** What the notifier is made from. */
import type { NotifySettings } from '../config/schema.ts';
import type { AlarmRule } from '../model/alarm.ts';
import type { World } from '../model/world.ts';
import type { Store } from '../store/contract.ts';
import type { ChannelSender } from './channels/channel.ts';

export interface NotifierOptions {
  readonly store: Pick<Store, 'log' | 'kept' | 'commit' | 'documents'>;
  readonly config: NotifySettings;
  /** Id and name of the site. */
  readonly site: { readonly id: string; readonly name?: string | undefined };
  readonly timeZone: string;
  readonly world: World;
  /** As well as it is known. */
  readonly nowMs: () => number;
  readonly ruleOf: (id: string) => AlarmRule | undefined;
  /** What is sent by 'email', 'mqtt', 'downlink', 'webhook:<name>', as far as it is configured. */
  readonly senders: ReadonlyMap<string, ChannelSender>;
}
