/** Words about the page of the log, in German. */
import type { logs as english } from '../en/logs.ts';
import type { Words } from '../words.ts';

export const logs: Words<typeof english> = {
  'logs.title': 'Protokoll',
  'logs.lead':
    'Was das Programm über sich sagt, das Neueste zuerst. Es liegt im Arbeitsspeicher und beginnt mit dem letzten Start.',
  'logs.level': 'Ab',
  'logs.level.debug': 'alles',
  'logs.level.info': 'Geschehen',
  'logs.level.warn': 'Warnungen',
  'logs.level.error': 'Störungen',
  'logs.part': 'Teil',
  'logs.all': 'alle',
  'logs.pause': 'Anhalten',
  'logs.goOn': 'Weiter',
  'logs.waiting': { one: '{count} neue Zeile wartet', other: '{count} neue Zeilen warten' },
  'logs.download': 'Alles herunterladen',
  'logs.copy': 'Kopieren',
  'logs.copied': 'Kopiert',
  'logs.older': 'Ältere Zeilen',
  'logs.none': 'Keine Zeile passt.',
  'logs.state': '{part}: {state}',
  'logs.times': { one: '{count}-mal', other: '{count}-mal' },
};
