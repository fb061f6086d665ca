/** What the composition root hands to the API: the site's state as functions, nothing of another room. */
import type { AuditCheck, AuditDeed, AuditEntry, AuditLine } from '../../model/audit.ts';
import type { ConnectionName, ConnectionReport } from '../../model/connection-test.ts';
import type { CatalogueService } from '../../model/device-catalogue.ts';
import type { DownlinkService } from '../../model/downlink.ts';
import type { CheckStatus, RewindStatus } from '../../model/influx.ts';
import type { NotifyService } from '../../model/notify-service.ts';
import type {
  ExportOptions,
  ImportOptions,
  ImportOutcome,
  ScannedDevice,
  UndoOutcome,
} from '../../model/onboarding.ts';
import type {
  QuarantineOutcome,
  QuarantineReason,
  QuarantineRemedy,
  QuarantineSelection,
} from '../../model/quarantine.ts';
import type { Said, Told } from '../../model/said.ts';
import type { SettingsService } from '../../model/settings.ts';
import type { RefusedFrames } from '../../model/silence.ts';
import type { QuarantinedRecord, Store } from '../../store/contract.ts';
import type { Pictures } from '../../store/pictures.ts';
import type { Sheets } from '../../store/sheets.ts';
import type { AccessControl } from '../access/access-control.ts';
import type { LiveSite } from '../events/live-site.ts';
import type { Asset } from '../http/assets.ts';
import type { RequestTimes } from '../http/request-times.ts';
import type { TlsSource } from '../http/tls.ts';
import type { CodecTrialView, CodecView } from '../shapes/codecs.ts';
import type {
  BackupCare,
  RehearsalCare,
  RestoreCare,
  SupportCare,
  UpdateCare,
  UploadCare,
} from './care-services.ts';

export interface Services extends LiveSite {
  readonly store: Pick<
    Store,
    | 'epoch'
    | 'storeId'
    | 'log'
    | 'history'
    | 'devices'
    | 'profiles'
    | 'documents'
    | 'status'
    | 'synced'
    | 'commit'
  >;
  /** What was refused of a declared device since it was last let in. */
  readonly refusedOf: (devEui: string) => RefusedFrames | undefined;
  /** The scrape of /metrics, in what the scraper accepts. */
  readonly metrics: (accept?: string) => Promise<{ readonly contentType: string; readonly body: string }>;
  /** What is answered is counted here. */
  readonly requests: RequestTimes;
  /** What the sinks refused. */
  readonly quarantine: QuarantineService;
  /** What can be asked of the InfluxDB writer. */
  readonly influx: InfluxService;
  /** The network server. */
  readonly downlinks: DownlinkService;
  /** Codecs a device may name. */
  readonly codecs: () => readonly string[];
  /** Their scripts. */
  readonly scripts: CodecService;
  /** Devices as files. */
  readonly onboarding: DeviceImportService;
  /** Makers and models. */
  readonly catalogue: CatalogueService;
  readonly backups: BackupCare;
  readonly restoring: RestoreCare;
  readonly uploads: UploadCare;
  readonly pictures: Pictures;
  /** None where the box was not started from settings. */
  readonly settings?: SettingsService;
  /** Looks at a connection step by step; with the settings saved and not in force where `saved`. */
  readonly testConnection?: (
    name: ConnectionName,
    saved: boolean,
  ) => Promise<ConnectionReport | 'not_configured'>;
  /** Who did what; nothing is written down without. */
  readonly audit?: AuditLog;
  readonly support: SupportCare;
  readonly rehearsals: RehearsalCare;
  readonly updates: UpdateCare;
  readonly sheets: Sheets;
  /** None where nobody is told of anything. */
  readonly notify?: NotifyService;
  readonly access: AccessControl;
  /** Plain HTTP without. */
  readonly tls?: TlsSource;
  /** Days for which browsers are told to ask by HTTPS only. */
  readonly hstsDays?: number;
  /** Host names the box is asked by, beside localhost and IP addresses. */
  readonly names?: readonly string[];
  /** A file of the pages by its path ('/', '/app.js'). */
  readonly asset: (path: string) => Asset | undefined;
  /** Reverse proxies, addresses or networks, whose X-Forwarded-For and -Proto are believed. */
  readonly trustedProxies?: readonly string[];
  /** Each request is written into the log. */
  readonly accessLog?: boolean;
  /** Live connections at once; 32 unless given. */
  readonly maxStreams?: number;
}

/** What these routes need of the audit trail. */
export interface AuditLog {
  note?(deed: AuditDeed): void;
  list(beforeSeq: number, limit: number): AuditEntry[];
  lines(afterSeq: number, limit: number): AuditLine[];
  check(): Promise<AuditCheck>;
  synced?(): Promise<void>;
}

/** What these routes need of the codecs. */
export interface CodecService {
  list(): readonly CodecState[];
  source(name: string): string | undefined;
  put(name: string, source: string): Promise<({ readonly of: 'name' | 'source' } & CodecProblem) | undefined>;
  remove(name: string): boolean;
  decode(
    trial: CodecTrial,
    sample: { fPort: number; data: Uint8Array; variables?: Variables | undefined },
  ): Promise<
    | {
        readonly fields: CodecTrialView['fields'];
        readonly problem?: string;
        readonly said?: readonly Said[];
        readonly warnings: readonly string[];
      }
    | undefined
  >;
  encode(
    trial: CodecTrial,
    sample: { object: unknown; fPort?: number | undefined; variables?: Variables | undefined },
  ): Promise<
    | {
        readonly bytes: Uint8Array;
        readonly fPort?: number;
        readonly warnings: readonly string[];
        readonly problem?: undefined;
        readonly said?: undefined;
      }
    | ({ readonly bytes?: undefined } & CodecProblem)
    | undefined
  >;
}

interface CodecProblem {
  readonly problem: string;
  /** Where it is not in the words of a script. */
  readonly said?: readonly Said[];
}

export interface CodecState {
  readonly name: string;
  readonly kind: CodecView['kind'];
  readonly pausedMs: number;
  readonly misbehaved: number;
  readonly problem?: string;
  readonly said?: readonly Said[];
}

type Variables = Readonly<Record<string, string>>;
type CodecTrial = { readonly source: string } | { readonly name: string };

/** What these routes need of the InfluxDB writer. */
export interface InfluxService {
  rewind(range: {
    readonly fromMs: number;
    readonly toMs?: number | undefined;
  }): RewindStatus | 'busy' | 'not_configured';
  cancelRewind(by: string): RewindStatus | 'idle' | 'not_configured';
  check(accept: boolean): Promise<CheckStatus | 'no_answer' | 'not_configured'>;
}

/** What these routes need of the quarantine. */
export interface QuarantineService {
  readonly sinks: readonly string[];
  /** Ascending by seq, seq > `afterSeq`. */
  list(sink: string, afterSeq: number, limit: number, selection?: QuarantineSelection): QuarantinedRecord[];
  act(
    sink: string,
    selection: QuarantineSelection,
    remedy: QuarantineRemedy,
    reason: QuarantineReason,
  ): Promise<QuarantineOutcome>;
}

/** What these routes need of the devices' way in and out. */
export interface DeviceImportService {
  /** Bytes a file may have. */
  readonly maxBytes: number;
  importFile(text: string, options: ImportOptions): Promise<ImportOutcome>;
  /** undefined where there is none to take back. */
  undoImport(): UndoOutcome | undefined;
  exportFile(options: ExportOptions): string;
  readCode(scanned: string): ScannedDevice | Told;
}
