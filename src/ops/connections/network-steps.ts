/** The first steps to any server: its name is found, somebody listens, and what certificate it shows. */

import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { readInTime } from '../../files/read-file.ts';
import type { ConnectionStep, TakeStep } from '../../model/connection-test.ts';
import { stepTaken } from '../../model/connection-test.ts';
import { errorText } from '../../model/error-text.ts';
import { type SaidKey, type Told, tell, tellAll } from '../../model/said.ts';
import type { Clock } from '../../model/world.ts';

const STEP_MS = 5_000;
/** As Node says it of a line that stays silent. */
const NO_ANSWER = 'ETIMEDOUT';

export interface Server {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** Of the settings, PEM. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** The settings can name no file of an authority. */
  readonly hasNoFiles?: true;
}

export function networkSteps(server: Server, clock: Clock): TakeStep[] {
  return [
    () => nameStep(server, clock),
    () => portStep(server, clock),
    ...(server.isTls ? [() => tlsStep(server, clock)] : []),
  ];
}

async function nameStep({ host }: Server, clock: Clock): Promise<ConnectionStep[]> {
  if (isIP(host) !== 0) return [];
  const found = await inTime(clock, (done) => {
    lookup(host, { all: true }).then(
      (addresses) => done({ ok: addresses.map(({ address }) => address).join(', ') }),
      (error: unknown) => done({ problem: codeOf(error) }),
    );
    return () => {};
  });
  if ('ok' in found) return [stepTaken('name', true, tell('step.name', { host, addresses: found.ok }))];
  return [stepTaken('name', false, tell('step.noName', { host, error: found.problem }))];
}

async function portStep({ host, port }: Server, clock: Clock): Promise<ConnectionStep[]> {
  const found = await inTime(clock, (done) => {
    const socket = connectTcp({ host, port });
    socket.once('connect', () => done({ ok: '' }));
    socket.once('error', (error) => done({ problem: codeOf(error) }));
    return () => socket.destroy();
  });
  const where = `${host}:${port}`;
  if ('ok' in found) return [stepTaken('port', true, tell('step.port', { where }))];
  const seconds = STEP_MS / 1_000;
  if (found.problem === NO_ANSWER)
    return [stepTaken('port', false, tell('step.noAnswer', { where, seconds }, 'step.noPort.todo'))];
  const advice = found.problem === 'ECONNREFUSED' ? 'step.nobody.todo' : 'step.noPort.todo';
  return [stepTaken('port', false, tell('step.noPort', { where, error: found.problem }, advice))];
}

async function tlsStep(server: Server, clock: Clock): Promise<ConnectionStep[]> {
  const { host, port, caFile, certFile, keyFile } = server;
  let shown: Told | undefined;
  const read = async (file: string | undefined) =>
    file === undefined ? undefined : (await readInTime(file, clock)).toString();
  try {
    const [ca, cert, key] = [await read(caFile), await read(certFile), await read(keyFile)];
    const found = await inTime(clock, (done) => {
      const socket = connectTls({
        ...{ host, port, rejectUnauthorized: false },
        ...(isIP(host) === 0 ? { servername: host } : {}),
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      });
      socket.once('secureConnect', () => {
        shown = certificateWords(socket.getPeerCertificate());
        done(socket.authorized ? { ok: '' } : { problem: codeOf(socket.authorizationError) });
      });
      socket.once('error', (error) => done({ problem: codeOf(error) }));
      return () => socket.destroy();
    });
    if ('ok' in found) return [stepTaken('tls', true, shown ?? tell('step.noCertificate'))];
    const problem = tell('step.error', { error: found.problem }, tlsAdvice(found.problem, server));
    return [stepTaken('tls', false, shown ? tellAll([problem, shown]) : problem)];
  } catch (error) {
    const told = tell('step.error', { error: errorText(error) }, 'step.files.todo');
    return [stepTaken('tls', false, told)];
  }
}

function certificateWords({ subject, issuer, valid_to }: PeerCertificate): Told {
  const name = (of: Partial<PeerCertificate['subject']> | undefined): string =>
    String(of?.CN ?? of?.O ?? '?');
  if (valid_to === undefined) return tell('step.noCertificate');
  return tell('step.tls', {
    subject: name(subject),
    issuer: name(issuer),
    until: new Date(valid_to).toISOString().slice(0, 10),
  });
}

function tlsAdvice(code: string, { hasNoFiles }: Server): SaidKey {
  if (code === 'CERT_HAS_EXPIRED') return 'step.tlsExpired.todo';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'step.tlsName.todo';
  if (/SELF_SIGNED|UNABLE_TO_|LEAF_SIGNATURE/.test(code))
    return hasNoFiles ? 'step.tlsAuthorityOwn.todo' : 'step.tlsAuthority.todo';
  return 'step.tls.other.todo';
}

type Found = { readonly ok: string } | { readonly problem: string };

/** What `begin` finds; its result ends it. */
function inTime(clock: Clock, begin: (done: (found: Found) => void) => () => void): Promise<Found> {
  return new Promise((resolve) => {
    let end = (): void => {};
    const done = (found: Found): void => {
      cancel();
      end();
      resolve(found);
    };
    const cancel = clock.after(STEP_MS, () => done({ problem: NO_ANSWER }));
    end = begin(done);
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : errorText(error);
}
