/**
 * An update brought by a page: where the program lies and whether it can be exchanged from here, what the file that was brought
 * is by its signature, and the start of the upgrade, which is the same as from the command line: it is tried, watched, and
 * taken back when the box is not well with it. A service without rights to its own program says what an administrator of the
 * machine does with the file, which lies there, checked.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { replaceFile } from '../../files/replace-file.ts';
import type { UpdateCandidate, UpdatePlace, UpdateState } from '../../model/care.ts';
import { errorText } from '../../model/error-text.ts';
import { inEnglish, type Told, tell, tellAll, toldOf } from '../../model/said.ts';
import { cut, oneLine } from '../../model/text.ts';
import type { Part, World } from '../../model/world.ts';
import { type Layout, layoutOf, NAME } from '../install/layout.ts';
import type { Release } from '../release.ts';
import type { Uploads } from '../uploads.ts';
import { createUpdateOrders, type UpdateOrders } from './order.ts';
import { spoolOf } from './request.ts';
import { compareVersions, digestFile, verifyFile } from './signature.ts';
import { createTurn, type UpdateTurn } from './turn.ts';
import { createVersions } from './versions.ts';

const MAX_SIGNATURE = 64 * 1024;
const MAX_LOG = 20_000;
const PAGE = 'page';

export interface UpdateService extends Part {
  /** For versions the centre names. */
  readonly orders: UpdateOrders;
  /** Where files are brought to. */
  readonly folder: string;
  /** Of the centre: while it fetches and asks, no page does. */
  readonly turn: UpdateTurn;
  state(): UpdateState;
  /** Checks the file that was brought, or says why it is refused; then it is gone. */
  check(uploadId: string, signature: string): Promise<UpdateCandidate | Told>;
  /** Begins, or says why not. */
  begin(sha256: string, allowOlder: boolean): Told | undefined;
}

/** `ended` is called where it ends while this process still runs: then it was for nothing. */
type Launch = (words: readonly string[], logFile: string, ended: () => void) => void;

export interface UpdateServiceOptions {
  readonly place: UpdatePlace;
  readonly release: Release;
  readonly uploads: Pick<Uploads, 'whole' | 'drop'>;
  /** Of the store. */
  readonly dir: string;
  /** The public keys releases are checked with, PEM. */
  readonly keys: string;
  readonly settings: readonly string[];
  readonly world: World;
  /** Where root looks for requests, in tests. */
  readonly spool?: string;
  /** Where the box answers on this machine. */
  readonly url: () => string;
  /** Makes a backup before an update is asked for; a text says why it could not. */
  readonly backUp: () => Promise<string | undefined>;
  /** Starts the upgrade, which outlives this process. Tests give their own. */
  readonly launch?: Launch;
}

export function createUpdateService(options: UpdateServiceOptions): UpdateService {
  const { place, release, uploads, dir, keys, settings, launch = launchDetached } = options;
  // Root knows one place, whatever the settings say.
  const folder =
    place.kind === 'system' ? (options.spool ?? spoolOf(layoutOf('/'))) : join(resolve(dir), 'update');
  const file = join(folder, NAME);
  const [pidFile, logFile] = [join(folder, 'pid'), join(folder, 'upgrade.log')];
  let candidate: UpdateCandidate | undefined;
  const { clock } = options.world;
  const orders = createUpdateOrders({
    ...{ place, folder, clock, pidFile, url: options.url, backUp: options.backUp },
    launch: (words) => launch(words, logFile, () => {}),
  });
  const asking = createAsking(orders);
  const plain = createPlain(launch, logFile);
  const isAsked = (): boolean => plain.isUnderWay() || asking.isUnderWay();
  const turn = createTurn(clock, isAsked, () => {
    // The file that was shown may be another by now.
    candidate = undefined;
  });
  const isUnderWay = (): boolean => isAsked() || turn.isHeld();

  async function inspect(uploadId: string, signature: string): Promise<UpdateCandidate | Told> {
    const brought = uploads.whole(uploadId);
    if (!brought) return tell('update.notWhole');
    const verified = verifyFile(signature.slice(0, MAX_SIGNATURE), await digestFile(brought.path), keys);
    if (!verified.ok) return tellAll([tell('release.file', { name: brought.name }), verified.reason]);
    const { version, commit, arch, size, sha256 } = verified.statement;
    if (arch !== process.arch) return tell('release.arch', { name: brought.name, arch, here: process.arch });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    move(brought.path, file);
    replaceFile(`${file}.sig`, signature);
    const order = Math.sign(compareVersions(version, release.version));
    return { version, commit, arch, size, sha256, order: order as -1 | 0 | 1, file };
  }

  return {
    async start() {
      candidate = undefined;
      if (place.kind !== 'plain') return;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // By which the upgrade knows the process that runs the new program from the one before.
      replaceFile(pidFile, String(process.pid));
    },
    async stop() {},
    orders,
    folder,
    turn,
    state() {
      const underWay = isUnderWay();
      return {
        place,
        ...release,
        arch: process.arch,
        canCheck: keys !== '',
        ...(candidate ? { candidate } : {}),
        ...(underWay ? { begun: true } : {}),
        ...asking.refused(),
        ...plain.refused(),
        ...historyOf(place),
        ...logOf(logFile),
      };
    },
    async check(uploadId, signature) {
      if (!turn.hold(PAGE, Number.POSITIVE_INFINITY)) return tell('update.underWay');
      try {
        const found = await inspect(uploadId, signature).catch(toldOf);
        await uploads.drop(uploadId);
        if ('said' in found) rmSync(file, { force: true });
        else candidate = found;
        return found;
      } finally {
        turn.release(PAGE);
      }
    },
    begin(sha256, allowOlder) {
      if (isUnderWay()) return tell('update.underWay');
      if (!candidate || candidate.sha256 !== sha256) return tell('update.gone');
      if (candidate.order < 0 && !allowOlder)
        return tell('release.older', { version: candidate.version, running: release.version });
      if (place.kind === 'system' && place.byRequest) return asking.ask(candidate);
      if (place.kind !== 'plain') return tell('update.notHere');
      plain.begin(plainWords(place.prefix, { pidFile, file, settings, allowOlder }));
      return undefined;
    },
  };
}

/** The upgrade of a plain installation, and that it has ended without another process taking this one's place. */
function createPlain(launch: Launch, logFile: string) {
  let begun = false;
  let refused: Told | undefined;
  return {
    isUnderWay: () => begun,
    refused: () => (refused === undefined ? {} : { refused }),
    begin(words: readonly string[]): void {
      begun = true;
      refused = undefined;
      launch(words, logFile, () => {
        begun = false;
        const last = logOf(logFile).log?.trim().split('\n').at(-1) ?? '';
        refused = tell('update.ended', { problem: cut(oneLine(last), 500) });
      });
    },
  };
}

/** The upgrade of a plain installation, as on the command line. */
function plainWords(
  prefix: string,
  given: {
    readonly pidFile: string;
    readonly file: string;
    readonly settings: readonly string[];
    readonly allowOlder: boolean;
  },
): string[] {
  const [main] = given.settings;
  return [
    ...['upgrade', '--prefix', prefix, '--pid-file', given.pidFile, '--file', given.file, '--yes'],
    ...(main === undefined ? [] : ['--config', resolve(main)]),
    ...(given.allowOlder ? ['--allow-older'] : []),
  ];
}

/** What a page has asked root for, and what root says of it. */
function createAsking(orders: UpdateOrders) {
  let asked: { readonly id: string; isOrdered: boolean } | undefined;
  let refused: Told | undefined;

  /** With why it was refused; nothing where it was not. */
  function end(objection: Told | undefined): void {
    if (objection !== undefined) [asked, refused] = [undefined, objection];
  }

  function look(): void {
    // Until a backup is made nobody could have begun.
    const report = asked?.isOrdered ? orders.report(asked.id) : undefined;
    if (report === 'not_taken') end(tell('update.notTaken'));
    else if (report?.state === 'refused' || report?.state === 'taken_back')
      end({ ...inEnglish(report.reason ?? ''), said: report.said ?? [] });
  }

  return {
    /** Looks: who has asked may look no more. */
    isUnderWay() {
      look();
      return asked !== undefined;
    },
    refused: () => (refused === undefined ? {} : { refused }),
    ask({ version, order }: UpdateCandidate): Told | undefined {
      if (order < 0) return tell('update.olderByRequest');
      const mine = { id: randomUUID(), isOrdered: false };
      asked = mine;
      refused = undefined;
      const over = (objection: Told | undefined): void => {
        mine.isOrdered = true;
        end(objection);
      };
      orders.order(mine.id, version).then(over, (error: unknown) => over(toldOf(error)));
      return undefined;
    },
  };
}

/** To another disk too. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    copyFileSync(from, to);
    rmSync(from, { force: true });
  }
}

/** How the last exchange ended, and one that has yet to prove itself. */
function historyOf(place: UpdatePlace): Pick<UpdateState, 'last' | 'pending'> {
  if (place.kind !== 'plain' && place.kind !== 'system') return {};
  const layout: Layout = layoutOf(place.kind === 'plain' ? place.prefix : '/');
  const versions = createVersions(layout);
  const [last, pending] = [versions.lastChange(), versions.pending()];
  return { ...(last ? { last } : {}), ...(pending ? { pending } : {}) };
}

function logOf(file: string): Pick<UpdateState, 'log'> {
  try {
    return { log: readFileSync(file, 'utf8').slice(-MAX_LOG) };
  } catch {
    return {};
  }
}

function launchDetached(words: readonly string[], logFile: string, ended: () => void): void {
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(process.execPath, [...words], { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.once('exit', ended);
  // A machine without room for one more process is told by its own words, and ends nothing.
  child.once('error', (error) => {
    appendFileSync(logFile, `${errorText(error)}\n`);
    ended();
  });
  child.unref();
}
