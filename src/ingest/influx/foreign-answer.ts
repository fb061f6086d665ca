/**
 * Answers that are not InfluxDB's word about the records: a redirect, a page, a proxy that wants a login of its own, a port that
 * speaks TLS. Whatever their status, they prove nothing against a record, and only a person can help.
 */
import { type ToldTrouble, tell } from '../../model/said.ts';
import { cut } from '../../model/text.ts';
import type { AnswerWords } from './answer-words.ts';

const MAX_WORDS = 200;
/** How Go's servers (InfluxDB, VictoriaMetrics), nginx and Apache answer HTTP where they speak TLS. */
const WANTS_TLS =
  /\bHTTP request (?:was sent )?to (?:an )?HTTPS (?:server|port)|plain HTTP to an SSL-enabled/i;

/** Of a page: those that a server or a proxy gives while InfluxDB is away, or about a body that is too long. */
const PASSING = [408, 413, 425, 429];

/** undefined: the answer is InfluxDB's, or one that a server gives while it is away. `location`: where a redirect leads. */
export function foreignAnswer(
  status: number,
  words: AnswerWords,
  location: string | undefined,
  server: string,
): ToldTrouble | undefined {
  const { text } = words;
  const answer = text === '' ? `status ${status}` : `${status}: ${cut(text, MAX_WORDS)}`;
  if (status >= 300 && status < 400 && location) {
    return tell('influx.redirect', { server, status, location: cut(location, MAX_WORDS) });
  }
  if (status === 400 && WANTS_TLS.test(text)) return tell('influx.wantsTls', { server });
  const key = keyOf(status, words);
  return key && tell(key, { server, answer });
}

function keyOf(status: number, { text, form }: AnswerWords) {
  const isPage = form === 'page';
  if (status === 407 || (status === 401 && isPage)) return 'influx.proxyLogin';
  if (status === 403 && isPage) return 'influx.proxyRefuses';
  if (status === 404 && (form !== 'told' || /\bpath not found\b/i.test(text))) return 'influx.noPath';
  if (status === 411 || status === 415) return 'influx.noGzip';
  return isPage && status >= 300 && status < 500 && !PASSING.includes(status) ? 'influx.foreign' : undefined;
}
