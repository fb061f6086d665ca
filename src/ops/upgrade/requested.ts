/**
 * A request of the service, carried out by root. Nothing the service could have changed is believed: the signature is checked with the
 * keys of the program that is installed, the file by the copy in root's own folder, and an older version is refused. Every end is a
 * report; one that was cut short by a power cut is gone through with at the next start of the machine.
 */
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../../files/replace-file.ts';
import { errorText } from '../../model/error-text.ts';
import { type Told, tell, toldOf } from '../../model/said.ts';
import {
  MAX_PROGRAM_BYTES,
  parseRequest,
  readReport,
  SPOOL,
  type UpdateReport,
  type UpdateRequest,
} from './request.ts';
import { compareVersions, digestFile, type Statement, verifyFile, verifyStatement } from './signature.ts';
import { openSpool, type Spool } from './spool.ts';
import { goOn, type UpgradeDeps, type UpgradeResult, upgrade } from './upgrade.ts';

export interface RequestedOptions {
  /** Folder the service writes. */
  readonly spool: string;
  /** In root's folder. */
  readonly report: string;
  /** PEM; of the installed program. */
  readonly keys: string;
  /** Of the installed program. */
  readonly version: string;
  readonly depsFor: (request: UpdateRequest) => UpgradeDeps;
}

const MAX_REQUEST = 16 * 1024;
const MAX_SIGNATURE = 64 * 1024;
/** Beside the new executable. */
const FREE_BYTES = 64e6;

/** Carries out what lies there. Resolves to how it ended; 'nothing' where there is no request that can be read. */
export async function carryOutRequest(options: RequestedOptions): Promise<UpdateReport | 'nothing'> {
  const spool = openSpool(options.spool);
  try {
    const request = requestIn(spool);
    if (!request) return 'nothing';
    const report = await carryOut(request, spool, options);
    write(options.report, report);
    return report;
  } finally {
    // Whatever it was: it must not be tried again for ever.
    removeRequest(spool);
    spool.close();
  }
}

/** A folder of that name stays, and is looked at again every few seconds by a unit that has a pace of its own. */
function removeRequest(spool: Spool): void {
  try {
    spool.remove(SPOOL.request);
  } catch {
    // Nothing of it was believed.
  }
}

function requestIn(spool: Spool): UpdateRequest | undefined {
  try {
    return parseRequest(spool.read(SPOOL.request, MAX_REQUEST));
  } catch {
    return undefined;
  }
}

async function carryOut(
  request: UpdateRequest,
  spool: Spool,
  options: RequestedOptions,
): Promise<UpdateReport> {
  const { id, version } = request;
  const deps = options.depsFor(request);
  const before = readReport(options.report);
  const now = (): Pick<UpdateReport, 'id' | 'version' | 'atMs'> => ({
    ...{ id, version },
    atMs: deps.clock.nowMs(),
  });
  if (before?.id === id && before.state !== 'taken') return before;
  try {
    const resumed = before?.id === id ? await goOn(version, before.atMs, deps) : undefined;
    if (resumed) return { ...now(), ...said(resumed) };
    write(options.report, { ...now(), state: 'taken' });
    const refusal = await stage(request, spool, deps, options);
    if (refusal) {
      deps.versions.unstage();
      return { ...now(), state: 'refused', ...refusal };
    }
    return { ...now(), ...said(await upgrade({ version, allowOlder: false }, deps)) };
  } catch (error) {
    return { ...now(), state: 'refused', code: 'internal', reason: errorText(error) };
  }
}

function said(result: UpgradeResult): Pick<UpdateReport, 'state' | 'code' | 'reason' | 'said'> {
  if (result.kind === 'done') return { state: 'done' };
  if (result.kind === 'refused')
    return { state: 'refused', code: 'not_accepted', ...reasonOf(result.reason) };
  return { state: 'taken_back', ...reasonOf(result.reason) };
}

type Refusal = Required<Pick<UpdateReport, 'code' | 'reason' | 'said'>>;

function refused(code: string, told: Told): Refusal {
  return { code, ...reasonOf(told) };
}

function reasonOf({ detail, said }: Told): Pick<Refusal, 'reason' | 'said'> {
  return { reason: detail, said };
}

/** Puts a checked copy where the next executable waits, or says why not. */
async function stage(
  { version }: UpdateRequest,
  spool: Spool,
  { versions, machine }: UpgradeDeps,
  { keys, version: installed }: RequestedOptions,
): Promise<Refusal | undefined> {
  let signature: string;
  try {
    signature = spool.read(SPOOL.signature, MAX_SIGNATURE);
  } catch (error) {
    return refused('bad_signature', toldOf(error));
  }
  const signed = verifyStatement(signature, keys);
  if (!signed.ok) return refused('bad_signature', signed.reason);
  const objection = objectionTo(signed.statement, version, installed);
  if (objection) return objection;
  const { size } = signed.statement;
  if (machine.freeBytes(dirname(versions.next)) < size + FREE_BYTES)
    return refused('no_room', tell('release.noRoom'));
  try {
    spool.copy(SPOOL.file, versions.next, size);
  } catch (error) {
    return refused('bad_file', toldOf(error));
  }
  const checked = verifyFile(signature, await digestFile(versions.next), keys);
  if (!checked.ok) return refused('bad_signature', checked.reason);
  chmodSync(versions.next, 0o755);
  return undefined;
}

function objectionTo(
  { version, arch, size }: Statement,
  wanted: string,
  installed: string,
): Refusal | undefined {
  if (version !== wanted) return refused('bad_file', tell('release.otherVersion', { version, wanted }));
  if (arch !== process.arch)
    return refused('bad_file', tell('release.archHere', { arch, here: process.arch }));
  if (compareVersions(version, installed) < 0)
    return refused('older', tell('release.older', { version, running: installed }));
  if (size > MAX_PROGRAM_BYTES) return refused('bad_file', tell('release.tooLarge'));
  return undefined;
}

function write(file: string, report: UpdateReport): void {
  replaceFile(file, `${JSON.stringify(report)}\n`, { mode: 0o644 });
}
