/**
 * Who is told of alarms, when and by what: people, groups and routes as people write them, and what is said of messages on their
 * way. Shapes only; what can be done with them is in notify-service.ts.
 */
import type { AlarmPriority } from './alarm.ts';
import type { Said, Told } from './said.ts';

/** Whoever wants another kind has the webhook. */
export const NOTIFY_CHANNELS = ['email', 'webhook', 'mqtt', 'downlink'] as const;
export type NotifyChannel = (typeof NOTIFY_CHANNELS)[number];

export const NOTIFY_LANGUAGES = ['en', 'de'] as const;
export type NotifyLanguage = (typeof NOTIFY_LANGUAGES)[number];

/** What a device is sent: bytes, or an object that its codec makes bytes of. */
export interface NotifySignal {
  /** Hex. */
  readonly data?: string | undefined;
  readonly object?: unknown;
}

export type NotifyAddress =
  | { readonly channel: 'email'; readonly to: string }
  /** One of the webhooks of the settings; `to` is whom it is for there: a chat, a number. */
  | { readonly channel: 'webhook'; readonly webhook: string; readonly to?: string | undefined }
  /** Below `notify.mqtt_topic`. */
  | { readonly channel: 'mqtt'; readonly topic: string }
  /** A relay, a buzzer: on while an alarm is active and nobody has acknowledged it. */
  | {
      readonly channel: 'downlink';
      readonly device: string;
      readonly fPort: number;
      readonly on: NotifySignal;
      readonly off?: NotifySignal | undefined;
    };

/** Somebody, or something, that is told. */
export interface NotifyPersonInput {
  readonly name: string;
  readonly language: NotifyLanguage;
  /** IANA name; the site's without. */
  readonly timeZone?: string | undefined;
  readonly addresses: readonly NotifyAddress[];
  /** Times at which only the more urgent is told; the rest is summed up when they are over. */
  readonly quiet?:
    | {
        /** As in model/time-window.ts, in the time zone of the person. */
        readonly windows: readonly string[];
        /** This and what is more urgent comes all the same. */
        readonly except: AlarmPriority;
      }
    | undefined;
}

export interface NotifyGroupInput {
  readonly name: string;
  /** Ids of people. */
  readonly members: readonly string[];
}

/** 'person:ada', 'group:night-shift' */
export type NotifyRecipient = string;

export interface NotifyStep {
  /** Since the first of this route were told. */
  readonly afterMinutes: number;
  readonly to: readonly NotifyRecipient[];
}

/** Which alarms go to whom. */
export interface NotifyRouteInput {
  readonly name: string;
  readonly enabled: boolean;
  readonly priorities: readonly AlarmPriority[];
  /** All without. */
  readonly areas?: readonly string[] | undefined;
  /** Ids of rules; all without. */
  readonly rules?: readonly string[] | undefined;
  /**
   * Time windows in the site's time zone; always without. An alarm outside them waits until they begin, and is told then if it is
   * still active and nobody has acknowledged it.
   */
  readonly hours?: readonly string[] | undefined;
  readonly to: readonly NotifyRecipient[];
  /** All addresses of a person without. */
  readonly channels?: readonly NotifyChannel[] | undefined;
  /** Tell also when it is over. */
  readonly recovery: boolean;
  /** 'HH:MM' in the time zone of the person: gathered, and told once a day. */
  readonly digestAt?: string | undefined;
  /** Whom to tell when nobody has acknowledged it. */
  readonly escalate: readonly NotifyStep[];
}

interface Kept {
  /** Lower case letters, digits, '-'; 64 at most. */
  readonly id: string;
  /** Counts the changes, from 1; the ETag. */
  readonly revision: number;
  readonly changedMs: number;
  /** 'user ada' … as in the audit trail. */
  readonly changedBy: string;
}

export type NotifyPerson = NotifyPersonInput & Kept;
export type NotifyGroup = NotifyGroupInput & Kept;
export type NotifyRoute = NotifyRouteInput & Kept;

export interface NotifyInputs {
  readonly person: NotifyPersonInput;
  readonly group: NotifyGroupInput;
  readonly route: NotifyRouteInput;
}
export interface NotifyKinds {
  readonly person: NotifyPerson;
  readonly group: NotifyGroup;
  readonly route: NotifyRoute;
}
export type NotifyKind = keyof NotifyKinds;

/** All that is set up, by id. */
export interface NotifyBook {
  readonly people: ReadonlyMap<string, NotifyPerson>;
  readonly groups: ReadonlyMap<string, NotifyGroup>;
  readonly routes: ReadonlyMap<string, NotifyRoute>;
}

/** As many as there can be of each. */
export const NOTIFY_LIMITS = { person: 200, group: 50, route: 100, addresses: 8 } as const;

/** What left, or never will: kept as proof. */
export interface NotifyProof {
  /** Counts them, from 1. */
  readonly n: number;
  /** When it was taken, refused or given up, epoch milliseconds. */
  readonly timeMs: number;
  readonly outcome: 'sent' | 'failed' | 'dropped';
  readonly person: string;
  readonly personName: string;
  readonly channel: NotifyChannel;
  /** The address in words: no secret. */
  readonly to: string;
  readonly messageId: string;
  readonly subject: string;
  /** Of the server. */
  readonly answer: string;
  /** The answer piece by piece, where the words are ours. */
  readonly said?: readonly Said[] | undefined;
  readonly alarms: number;
  /** How old the oldest news in it was. */
  readonly ageMs: number;
  readonly attempts: number;
  /** It may have been there before: the answer to an earlier attempt was lost. The Message-ID is the same. */
  readonly maybeTwice?: true | undefined;
  readonly isTest?: true | undefined;
}

/** What waits for one address. */
export interface NotifyWaiting {
  readonly person: string;
  readonly personName: string;
  readonly channel: NotifyChannel;
  readonly to: string;
  readonly alarms: number;
  readonly oldestMs: number;
  /** 'now', 'quiet', 'digest' */
  readonly until: 'now' | 'quiet' | 'digest';
  /** Why it is not sent yet, where it was tried. */
  readonly problem?: string | undefined;
  readonly said?: readonly Said[] | undefined;
  readonly attempts: number;
}

export interface NotifyChannelStatus {
  readonly channel: NotifyChannel;
  /** Of a webhook: its name. */
  readonly name?: string | undefined;
  /** Where it leads, in words: no secret. */
  readonly server: string;
  readonly state: 'ok' | 'degraded' | 'not_configured';
  /** Empty while nothing is wrong. */
  readonly told: Told;
  /** Since when nothing leaves, where it was tried. */
  readonly sinceMs?: number | undefined;
  readonly queued: number;
  readonly sent: number;
  readonly failed: number;
  readonly lastSentMs?: number | undefined;
}
