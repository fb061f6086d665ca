/**
 * Places in the log as clients see them. An event id is `<epoch>-<seq>` in clear; a paging cursor is the same thing made
 * opaque, so that its content may change without breaking anyone.
 */

export interface Position {
  readonly epoch: number;
  readonly seq: number;
}

/** '<epoch>-<seq>', the name of a record for ever. */
export function recordId(epoch: number, seq: number): string {
  return `${epoch}-${seq}`;
}

/** The position a record id names, or undefined for any other text. */
export function parseRecordId(text: string): Position | undefined {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  return match ? { epoch: Number(match[1]), seq: Number(match[2]) } : undefined;
}

/** An opaque cursor that holds `text`. */
export function encodeCursor(text: string): string {
  return Buffer.from(`1:${text}`).toString('base64url');
}

/** What `encodeCursor` was given, or undefined for anything we did not make. */
export function decodeCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  return text.startsWith('1:') && encodeCursor(text.slice(2)) === cursor ? text.slice(2) : undefined;
}
