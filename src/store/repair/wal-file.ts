/**
 * Reads a write-ahead log of SQLite by itself. SQLite stops at the first frame that fails its checksum and says nothing:
 * right for a write cut short by a power failure, but a page gone bad in the middle would take every later commit with it
 * in silence. Here the two are told apart. Format: sqlite.org/fileformat2.html, "The Write-Ahead Log".
 */

export const WAL_HEADER_BYTES = 32;
const HEADER = WAL_HEADER_BYTES;
const FRAME_HEADER = 24;

/** Generations a frame may have been left alone. */
const MAX_AGE = 1_000_000;

export interface Frame {
  readonly page: number;
  /** Where the page's image begins. */
  readonly offset: number;
  /** Last frame of a transaction. */
  readonly commit: boolean;
}

export interface WalContents {
  /** Frames of this generation up to the last commit, in order, intact or not. */
  readonly frames: readonly Frame[];
  /** There are commits behind a frame that is not intact: SQLite would lose them. */
  readonly damaged: boolean;
  /**
   * Frames that are not as they were written, with nothing newer in their place. At the end SQLite passes them over: after
   * a power cut they are a commit nobody was told of; after damage they may be one or two that somebody was. The file
   * cannot tell which.
   */
  readonly cutFrames: number;
}

interface JudgedFrame extends Frame {
  readonly intact: boolean;
  /** Of an earlier generation, or of none: nothing was written here yet. */
  readonly leftover: boolean;
}

/** Stands in the place of the head of a log that is all in the database (carry-over.ts); SQLite takes it for none. */
export const CARRIED_OVER = Buffer.from('webscada-edge: all carried over.');

/** What the file is filled up with (wal-sync.ts). Zeros would hide a page that was lost. */
export const UNWRITTEN = Buffer.from('unwrittn');

const NO_SALT = Buffer.alloc(8);

type Sum = readonly [number, number];

/** A page with the head of its frame. */
export function frameBytesOf(pageBytes: number): number {
  return FRAME_HEADER + pageBytes;
}

/** What `wal` holds, for pages of `pageBytes`. */
export function readWal(wal: Buffer, pageBytes: number): WalContents {
  const frameBytes = frameBytesOf(pageBytes);
  const count = Math.floor((wal.length - HEADER) / frameBytes);
  if (count < 1 || wal.subarray(0, HEADER).equals(CARRIED_OVER))
    return { frames: [], damaged: false, cutFrames: 0 };
  const little = wal.readUInt32BE(0) !== 0x377f0683;
  const header = sumOf(wal, 0, 24, [0, 0], little);
  // Zeros have the right sum.
  const headerSound = equal(header, storedAt(wal, 24)) && wal.readUInt32BE(0) !== 0;
  const salt = headerSound ? wal.subarray(16, 24) : generationOf(wal, frameBytes, count);
  let stored: Sum = storedAt(wal, 24);
  let computed: Sum = header;
  const frames: JudgedFrame[] = [];
  for (let index = 0; index < count; index++) {
    const at = HEADER + index * frameBytes;
    const found = saltAt(wal, at);
    if (!found.equals(salt)) {
      // Either the end, left by an earlier generation, or a header gone bad in the middle.
      const leftover = isEarlier(found, salt) || found.equals(UNWRITTEN);
      frames.push({ page: 0, offset: at + FRAME_HEADER, commit: false, intact: false, leftover });
      [stored, computed] = [storedAt(wal, at + 16), [0, 0]];
      continue;
    }
    const chained = [stored, computed].map((sum) => frameSum(wal, at, pageBytes, sum, little));
    const own = storedAt(wal, at + 16);
    const intact = chained.some((sum) => equal(sum, own));
    const page = wal.readUInt32BE(at);
    const commit = wal.readUInt32BE(at + 4) !== 0;
    frames.push({ page, offset: at + FRAME_HEADER, commit, intact, leftover: false });
    stored = own;
    computed = chained[0] ?? own;
  }
  return judge(frames, headerSound);
}

function judge(all: readonly JudgedFrame[], headerSound: boolean): WalContents {
  const lastCommit = all.findLastIndex(({ commit, intact }) => commit && intact);
  const frames = all.slice(0, lastCommit + 1);
  const bad = frames.findIndex(({ intact }) => !intact);
  if (!headerSound) return { frames, damaged: frames.length > 0, cutFrames: 0 };
  const behind = all.slice(lastCommit + 1);
  const end = behind.findIndex(({ leftover }) => leftover);
  const torn = behind.slice(0, end < 0 ? undefined : end).filter(({ intact }) => !intact).length;
  if (bad < 0) return { frames, damaged: false, cutFrames: torn };
  // A power cut can spoil the last transaction only: every earlier one was waited for. So a commit beyond the one that the
  // bad frame is part of tells of damage.
  const commits = frames.slice(bad).filter(({ commit }) => commit).length;
  if (commits <= 1) return { frames, damaged: false, cutFrames: torn + frames.length - bad };
  // A repair reads damaged ones too, and misses what it cannot read between records; records at the end it cannot miss.
  const newest = new Set(new Map(frames.map((frame) => [frame.page, frame])).values());
  const unread = frames.filter((frame) => !frame.intact && (frame.page === 0 || newest.has(frame))).length;
  return { frames, damaged: true, cutFrames: torn + unread };
}

/** Whether `salt` is of a generation before that of `now`: the first half counts up, the second is drawn anew. */
function isEarlier(salt: Buffer, now: Buffer): boolean {
  const age = (now.readUInt32BE(0) - salt.readUInt32BE(0)) >>> 0;
  return age >= 1 && age <= MAX_AGE && !salt.subarray(4).equals(now.subarray(4));
}

/**
 * The salts of a file whose head is damaged: the newest that two neighbours carry, each generation has new ones; or those
 * that head and first frame agree on, if they are newer still.
 */
function generationOf(wal: Buffer, frameBytes: number, count: number): Buffer {
  let newest: Buffer | undefined;
  for (let index = 0; index + 1 < count; index++) {
    const salt = saltAt(wal, HEADER + index * frameBytes);
    const isPair = salt.equals(saltAt(wal, HEADER + (index + 1) * frameBytes));
    if (!isPair || salt.equals(NO_SALT) || salt.equals(UNWRITTEN)) continue;
    if (!newest || isEarlier(newest, salt)) newest = salt;
  }
  const fromHeader = wal.subarray(16, 24);
  const isAgreed = fromHeader.equals(saltAt(wal, HEADER));
  return newest && !(isAgreed && isEarlier(newest, fromHeader)) ? newest : fromHeader;
}

function saltAt(wal: Buffer, frame: number): Buffer {
  return wal.subarray(frame + 8, frame + 16);
}

function frameSum(wal: Buffer, at: number, pageBytes: number, seed: Sum, little: boolean): Sum {
  const head = sumOf(wal, at, 8, seed, little);
  return sumOf(wal, at + FRAME_HEADER, pageBytes, head, little);
}

function sumOf(bytes: Buffer, from: number, length: number, [a, b]: Sum, little: boolean): Sum {
  let first = a;
  let second = b;
  for (let at = from; at < from + length; at += 8) {
    const x = little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    const y = little ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4);
    first = (first + x + second) >>> 0;
    second = (second + y + first) >>> 0;
  }
  return [first, second];
}

function storedAt(bytes: Buffer, at: number): Sum {
  return [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
}

function equal([a, b]: Sum, [c, d]: Sum): boolean {
  return a === c && b === d;
}
