/** The proof after a rehearsal: the log, its readers, InfluxDB's spot check, the centre's stream and what is stored there. */
import type { CheckStatus } from '../../model/influx.ts';
import type { LineName } from '../../model/line.ts';
import type { ReaderMark, Rehearsal, RehearsalCheck } from '../../model/rehearsal.ts';
import type { Wakeup } from '../../model/wakeup.ts';
import type { Log } from '../../store/contract.ts';
import { logChecks, lookThroughLog } from './log-proof.ts';
import { readerChecks } from './reader-checks.ts';

/** `collect` is asked so often, and so long apart, whether it has stored everything. */
const ASKED = { times: 6, apartMs: 10_000 };
const PAUSE_MS = 5;

export interface Witnessed {
  readonly isThere: boolean | undefined;
  readonly text: string;
}

export interface ProofOptions {
  readonly rehearsal: Rehearsal;
  readonly toSeq: number;
  readonly log: Pick<Log, 'readAfter'>;
  readonly readers: () => readonly ReaderMark[];
  readonly checkInflux: () => Promise<CheckStatus | 'no_answer' | 'not_configured'>;
  readonly askCentre: (upTo: number) => Promise<{ readonly stream: Witnessed; readonly stored: Witnessed }>;
  readonly wakeup: Wakeup;
}

export async function prove(options: ProofOptions): Promise<RehearsalCheck[]> {
  const { rehearsal, toSeq, log, readers, wakeup } = options;
  const { fromSeq, lines, before } = rehearsal;
  const wasCut = (line: LineName) => lines.some((cut) => cut.line === line);
  const pause = async () => {
    await wakeup.sleep(PAUSE_MS);
    return !wakeup.stopped();
  };
  const found = await lookThroughLog({ log, fromSeq, toSeq, pause });
  return [
    ...logChecks(found, { fromSeq, toSeq }, wasCut('broker')),
    ...readerChecks(before, readers(), toSeq),
    ...(wasCut('influx') ? [influxCheck(await options.checkInflux())] : []),
    ...(wasCut('centre') ? await centreChecks(options) : []),
  ];
}

function influxCheck(found: CheckStatus | 'no_answer' | 'not_configured'): RehearsalCheck {
  const what = 'InfluxDB looked up';
  if (found === 'no_answer' || found === 'not_configured')
    return { what, outcome: 'unproved', text: 'it does not answer when it is asked' };
  const { state, detail } = found;
  return {
    what,
    outcome: state === 'complete' ? 'proved' : state === 'missing' ? 'failed' : 'unproved',
    text: detail,
  };
}

async function centreChecks({ askCentre, toSeq, wakeup }: ProofOptions): Promise<RehearsalCheck[]> {
  let words = await askCentre(toSeq);
  for (let turn = 1; turn < ASKED.times && words.stored.isThere === undefined; turn += 1) {
    await wakeup.sleep(ASKED.apartMs);
    if (wakeup.stopped()) break;
    words = await askCentre(toSeq);
  }
  return [
    { what: "the centre's stream", ...checkOf(words.stream) },
    { what: "the centre's watermark", ...checkOf(words.stored) },
  ];
}

function checkOf({ isThere, text }: Witnessed): Pick<RehearsalCheck, 'outcome' | 'text'> {
  return { outcome: isThere === undefined ? 'unproved' : isThere ? 'proved' : 'failed', text };
}
