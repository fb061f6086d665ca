/** A line of the log in plain words: a sentence for its event, and what it says beside. One without a sentence is shown by its name. Pure. */
import type { LogLineView } from '../../shapes/logs.ts';
import { sentence } from '../format.ts';
import { hasText, t } from '../texts.ts';

/** Fields that are sentences themselves, in the order in which they are read. */
const TOLD = ['detail', 'problem', 'error', 'reason', 'message', 'why', 'hint'] as const;
/** As createHealth names them. */
const STATE = /^(mqtt|broker|influx|centre)\.(ok|connecting|degraded|down|not_configured)$/;

export function wordsOf({ event, fields }: Pick<LogLineView, 'event' | 'fields'>): string {
  const [, part, state] = STATE.exec(event) ?? [];
  if (part !== undefined && state !== undefined) {
    const name = part === 'mqtt' ? 'broker' : part;
    const [partKey, stateKey] = [`part.${name}`, `state.${state}`];
    if (hasText(partKey) && hasText(stateKey))
      return t('logs.state', { part: t(partKey), state: t(stateKey) });
  }
  const key = `log.${event}`;
  if (!hasText(key)) return event.replace(/[._]/g, ' ');
  const values = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, textOf(value)]));
  return t(key, values).replace(/ ?\{\w+\}/g, '');
}

/** What the line says in sentences of its own. */
export function detailsOf({ fields }: Pick<LogLineView, 'fields'>): string[] {
  return TOLD.flatMap((name) => {
    const value = fields[name];
    if (value === undefined || value === '') return [];
    const key = `reason.${String(value)}`;
    return [sentence(name === 'reason' && hasText(key) ? t(key) : textOf(value))];
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
