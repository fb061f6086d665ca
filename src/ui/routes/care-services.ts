/** What the routes about the care for the box need of it: backups, restoring, files brought to it. */
import type {
  BackupList,
  BackupSchedule,
  BackupUnderWay,
  RestoreReport,
  RestoreState,
  SentFile,
  UpdateCandidate,
  UpdateState,
  Upload,
  UploadKind,
} from '../../model/care.ts';
import type { Rehearsal, RehearsalPlan, RehearsalPreview } from '../../model/rehearsal.ts';
import type { Told } from '../../model/said.ts';

export interface BackupCare {
  readonly schedule: BackupSchedule;
  list(): Promise<BackupList>;
  /** Begins one; 'off' where none are made. */
  begin(): 'begun' | 'busy' | 'off';
  making(): Promise<BackupUnderWay | undefined>;
  /** All of one as an archive; undefined when there is none of that name. */
  send(name: string): Promise<SentFile | undefined>;
}

export interface RestoreCare {
  state(): RestoreState;
  last(): RestoreReport | undefined;
  preview(
    source: { readonly backup: string } | { readonly upload: string },
  ): Promise<'begun' | 'busy' | 'unknown'>;
  /** Or why not. */
  restore(id: string, allowEmpty: boolean): Told | undefined;
}

export interface UploadCare {
  /** Or why not. */
  begin(kind: UploadKind, name: string, size: number): Promise<Upload | Told>;
  take(id: string, offset: number, bytes: Uint8Array): Promise<UploadTaken>;
  find(id: string): Upload | undefined;
  /** False when there is none of that id. */
  drop(id: string): Promise<boolean>;
}

export interface RehearsalCare {
  /** The id of the site, which whoever begins one has to name. */
  readonly site: string;
  /** The one under way or the last, and as a page of text. */
  last(): Promise<{ readonly rehearsal: Rehearsal; readonly page: string } | undefined>;
  preview(plan: RehearsalPlan): Promise<RehearsalPreview>;
  /** Begins it where there are no objections. */
  begin(plan: RehearsalPlan, by: string): Promise<RehearsalPreview>;
  /** False when no line is cut. */
  end(by: string): Promise<boolean>;
}

export interface SupportCare {
  readonly names: readonly string[];
  text(name: string): Promise<string | undefined>;
  /** All of them as a gzipped archive. */
  bundle(): AsyncIterable<Uint8Array>;
}

export interface UpdateCare {
  state(): UpdateState;
  /** Or why it is refused. */
  check(uploadId: string, signature: string): Promise<UpdateCandidate | Told>;
  /** Or why not. */
  begin(sha256: string, allowOlder: boolean): Told | undefined;
}

export type UploadTaken =
  | { readonly kind: 'taken' | 'elsewhere'; readonly upload: Upload }
  | { readonly kind: 'refused'; readonly problem: Told }
  | { readonly kind: 'unknown' };
