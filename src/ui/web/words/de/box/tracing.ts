/** What the box says of sending traces of frames, in German. */
import type { TRACING_TEXTS } from '../../../../../model/said/tracing-texts.ts';
import type { Words } from '../../words.ts';

export const tracing: Words<typeof TRACING_TEXTS> = {
  'tracing.notYet': 'an {server} wurde noch nichts gesendet',
  'tracing.ok': 'Traces von Frames gehen an {server}',
  'tracing.later':
    '{server} nimmt gerade keine Traces (Status {status}): sie warten, und wofür kein Platz ist, ist weg',
  'tracing.silent': '{server} nimmt keine Traces: {problem}; sie warten, und wofür kein Platz ist, ist weg',
  'tracing.todo':
    'ist der Collector da, und ist tracing.endpoint seine Adresse? Messwerte sind nicht betroffen',
  'tracing.refused': '{server} lehnt Traces ab: {answer}',
  'tracing.refused.todo':
    'tracing.endpoint prüfen (der Pfad ist meist /v1/traces) und tracing.authorization. Messwerte sind nicht betroffen',
};
