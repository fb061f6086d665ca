/** Who did what, when and from where: the entries of the audit trail, each chained to the one before. */

export interface AuditDeed {
  /** 'user ada', 'token 3f…', 'anybody', 'centre', 'root' (the command line), 'box'. */
  readonly who: string;
  /** Where from: an address, '' for none. */
  readonly from: string;
  /** Name of the operation of the API, or of the verb. */
  readonly what: string;
  /** What it was done to, as the path of the API has it: 'devices/70b3…'. */
  readonly on?: string;
  /** Not permitted, or not with this password. */
  readonly refused?: boolean;
  /** More about it; never a secret. */
  readonly detail?: Readonly<Record<string, AuditValue>>;
}

export type AuditValue = string | number | boolean | readonly string[];

export interface AuditEntry extends AuditDeed {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Epoch milliseconds, by the clock of the box. */
  readonly timeMs: number;
  /** SHA-256, hex, of the hash before, a line end, and the body. */
  readonly hash: string;
}

/** An entry as it is hashed: `body` is JSON of seq, time and deed. */
export interface AuditLine {
  readonly seq: number;
  readonly timeMs: number;
  readonly body: string;
  readonly hash: string;
}

export interface AuditCheck {
  readonly entries: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Of the last entry. */
  readonly head: string;
  /** The first entry that is missing or was changed afterwards. */
  readonly brokenAt?: number;
}
