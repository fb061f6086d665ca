/**
 * What an answer says, in a line, and in whose form: InfluxDB and its like explain themselves in JSON, a proxy or a portal in a
 * page. InfluxDB 3 says only in a list beside its message which lines it refuses and why.
 */
import { cut } from '../../model/text.ts';

/** Refused lines that are told; there may be thousands. */
const LINES_TOLD = 3;
const LINE_TOLD = 40;

export interface AnswerWords {
  /** '' when it says nothing. */
  readonly text: string;
  /** 'told': JSON with a message. 'page': HTML, which no InfluxDB answers. */
  readonly form: 'told' | 'page' | 'text';
}

export function wordsIn(body: string): AnswerWords {
  const message = messageIn(body);
  if (message !== undefined) return { text: inOneLine(message), form: 'told' };
  if (/^\s*</.test(body)) return { text: inOneLine(pageWords(body)), form: 'page' };
  return { text: inOneLine(body), form: 'text' };
}

function messageIn(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const { message, error, data } = parsed as Readonly<Record<string, unknown>>;
    const said = [message, error].find((each) => typeof each === 'string');
    if (typeof said !== 'string') return undefined;
    const lines = linesIn(data);
    return lines === '' ? said : `${said}: ${lines}`;
  } catch {
    return undefined;
  }
}

/** Of InfluxDB 3: one refused line, or a list of them. */
function linesIn(data: unknown): string {
  const refused: readonly unknown[] = Array.isArray(data) ? data : [data];
  const told = refused.flatMap((each) => {
    if (typeof each !== 'object' || each === null) return [];
    const { error_message, line_number, original_line } = each as Readonly<Record<string, unknown>>;
    const line = typeof original_line === 'string' ? cut(original_line, LINE_TOLD) : '';
    return typeof error_message === 'string'
      ? [`line ${String(line_number)} (${line}): ${error_message}`]
      : [];
  });
  const rest = told.length > LINES_TOLD ? [`and ${told.length - LINES_TOLD} more`] : [];
  return [...told.slice(0, LINES_TOLD), ...rest].join('; ');
}

/** The title of a page, without the status that many repeat there; where there is none, what stands on it. */
function pageWords(body: string): string {
  const at = body.search(/<title>/i);
  const title = at < 0 ? '' : body.slice(at + '<title>'.length).split('<', 1)[0];
  return title?.replace(/^\s*[45]\d\d\s+/, '') || body.replace(/<[^>]*>/g, ' ');
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
