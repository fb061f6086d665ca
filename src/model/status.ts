/** What the appliance says of itself: the shapes behind the status page, /readyz and the metrics. */

import type { CheckStatus, LateStatus, RewindStatus } from './influx.ts';
import type { RehearsalStatus } from './rehearsal.ts';
import type { Said } from './said.ts';

export type State = 'ok' | 'connecting' | 'degraded' | 'down' | 'not_configured';

export interface PartStatus {
  readonly state: State;
  /** One plain sentence for a technician. */
  readonly detail: string;
  /** What to do about it, when there is something to do. */
  readonly hint?: string;
  /** Detail and hint piece by piece, for whoever says them in another language. */
  readonly said?: readonly Said[];
  /** Since when in this state, epoch milliseconds. */
  readonly sinceMs: number;
}

/** A reader of the log that delivers elsewhere. `accepted = delivered + pending + quarantined + expired`. */
export interface SinkStatus extends PartStatus {
  readonly accepted: number;
  readonly delivered: number;
  readonly pending: number;
  readonly quarantined: number;
  readonly expired: number;
  /** Time of the oldest record still to deliver, epoch milliseconds; absent when nothing is pending. */
  readonly oldestPendingMs?: number;
  /** It does not mend itself: somebody has to do something. */
  readonly needsAction?: boolean;
}

export interface InfluxStatus extends SinkStatus {
  readonly rewind?: RewindStatus;
  readonly check?: CheckStatus;
  readonly late?: LateStatus;
}

export interface StoreStatus extends PartStatus {
  /** False while what comes in cannot be stored, and stays unacknowledged. */
  readonly takesReadings: boolean;
  readonly epoch: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Bytes on disk: database and write-ahead log. */
  readonly sizeBytes: number;
  /** What `sizeBytes` may grow to. */
  readonly limitBytes?: number;
  /** Left on the disk for everybody. */
  readonly freeBytes?: number;
  /** Time of the oldest record kept, epoch milliseconds. */
  readonly oldestMs?: number;
  /** Written to the disk by this process since midnight UTC, as the operating system counts. */
  readonly writtenBytesToday?: number;
  /** Written to the disk for each record, on average since the start. */
  readonly bytesPerReading?: number;
  /** How much should be written a day at most, where that is set. */
  readonly dailyBudgetBytes?: number;
  /** Written to the device since midnight UTC by everybody, as it is counted there, where that can be asked. */
  readonly deviceBytesToday?: number;
  /** How much of its life a card or eMMC says is used up at most, where it says so. */
  readonly deviceLifeUsedPercent?: number;
  /** Years until the disk is worn out at the present rate, where its endurance is known. */
  readonly projectedWearYears?: number;
}

/** Whether commands of the centre are read, and what became of those that came since the start. */
export interface CommandsStatus extends PartStatus {
  readonly done: number;
  readonly refused: number;
  readonly last?: AnsweredCommand;
}

export interface AnsweredCommand {
  /** As the centre wrote it, cut short. */
  readonly kind: string;
  readonly state: 'done' | 'refused';
  /** Why it was refused, one word. */
  readonly code?: string;
  readonly atMs: number;
}

/** The backups the box makes by itself. */
export interface BackupStatus extends PartStatus {
  /** When the newest backup was last found whole and up to date, epoch milliseconds; absent when there is none. */
  readonly lastSuccessMs?: number;
  /** Size of the newest. */
  readonly lastBytes?: number;
  /** How many there are; absent until their folder was looked into. */
  readonly kept?: number;
  /** When restoring one was tried out last, and whether a whole store came of it. */
  readonly rehearsal?: { readonly endedMs: number; readonly isProved: boolean };
}

export interface GatewayStatus {
  readonly gatewayId: string;
  readonly state: 'online' | 'offline';
  /** Newest sign of life, epoch milliseconds. */
  readonly lastSeenMs: number;
  readonly uplinks: number;
  readonly lastRssi?: number;
  readonly lastSnr?: number;
  readonly rxReceived?: number;
  readonly rxOk?: number;
  readonly txEmitted?: number;
  /** QoS its events arrive with; at 0 an outage loses frames. */
  readonly qos: 0 | 1 | 2;
  readonly marshaler: 'protobuf' | 'json' | 'protobuf-v3' | 'json-v3';
  readonly location?: { readonly latitude: number; readonly longitude: number };
  /** What it hears beside frames, dBm in 125 kHz; absent before enough weak frames were heard to tell. */
  readonly noiseDbm?: number;
  /** Where its times come from; absent before it has said anything that could show it. */
  readonly clock?: 'gps' | 'own' | 'none';
  /** How far its own clock was ahead of the box's at its last report, milliseconds, the way here included. */
  readonly clockAheadMs?: number;
  /** How much of what its duty cycle allows it has sent in the last hour; absent where it has sent nothing. */
  readonly duty?: readonly DutyUse[];
}

/** One sub-band. */
export interface DutyUse {
  readonly band: string;
  readonly fromHz: number;
  readonly toHz: number;
  /** Of the time that may be sent, 0.01 is one percent. */
  readonly allowed: number;
  /** Of what is allowed, 0 to 1, more if overdrawn. */
  readonly used: number;
}

/** Frames that no declared device can have sent: unknown, or under a wrong key. */
export interface UnknownDeviceStatus {
  /** Of a data frame. */
  readonly devAddr?: string;
  /** Of a join request. */
  readonly devEui?: string;
  readonly joinEui?: string;
  /** Of the newest: as in `refused`. */
  readonly reason: string;
  readonly frames: number;
  readonly lastSeenMs: number;
  readonly gatewayId: string;
  readonly rssi: number;
  readonly snr: number;
}

/** Where gateways find the embedded broker. */
export interface BrokerReach {
  readonly port: number;
  /** Whether it hears this machine only, the networks of one address, or all. */
  readonly scope: 'machine' | 'address' | 'network';
  /** Of this machine in its networks, as far as it listens there. */
  readonly addresses: readonly string[];
}

/** Sending traces of frames. */
export interface TracingStatus extends PartStatus {
  /** Spans, since the start. */
  readonly sent: number;
  /** That found no room, or were refused. */
  readonly dropped: number;
  readonly waiting: number;
}

export interface ApplianceStatus {
  readonly site: string;
  readonly version: string;
  readonly startedMs: number;
  readonly nowMs: number;
  /** IANA name of the time zone of the site. */
  readonly timeZone?: string;
  readonly broker: PartStatus & {
    readonly kind: 'embedded' | 'external';
    readonly messages: number;
    readonly reach?: BrokerReach;
  };
  readonly influx: InfluxStatus;
  readonly centre: SinkStatus;
  /** Absent where nobody reads any. */
  readonly commands?: CommandsStatus;
  readonly store: StoreStatus;
  /** Whether the time is known; absent where nobody looks. */
  readonly time?: PartStatus;
  /** Absent where nobody makes any. */
  readonly backup?: BackupStatus;
  /** Absent while none is under way. */
  readonly rehearsal?: RehearsalStatus;
  /** Telling people of alarms; absent where nobody does. */
  readonly notify?: PartStatus;
  /** Absent where frames are not traced. */
  readonly tracing?: TracingStatus;
  /** Alarms that are active, or over and not acknowledged; absent where nobody watches for any. */
  readonly openAlarms?: number;
  readonly simulator: boolean;
  /** Messages and frames refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}
