/** Words about backups and the way back from one, in German. */
import type { backup as english } from '../en/backup.ts';
import type { Words } from '../words.ts';

export const backup: Words<typeof english> = {
  'backup.title': 'Sicherung',
  'backup.schedule':
    'Jeden Tag um {at} nach der Uhr der Maschine; behalten wird die letzte von {daily} Tagen, {weekly} Wochen und {monthly} Monaten.',
  'backup.off': 'Die Box macht keine Sicherungen: backup.enabled ist in den Einstellungen aus.',
  'backup.folder': 'Sie liegen in',
  'backup.now': 'Jetzt eine machen',
  'backup.making': 'Eine Sicherung wird gemacht.',
  'backup.list': 'Vorhandene Sicherungen',
  'backup.none': 'Es gibt noch keine.',
  'backup.unreadable': 'Sie lässt sich nicht lesen.',
  'backup.withoutLog': 'Ohne die Messwerte, die zu groß waren.',
  'backup.download': 'Herunterladen',
  'backup.nothing': 'nichts',
  'backup.noRecords': 'keine Datensätze, nur Geräte und Schlüssel',
  'backup.devices': { one: '{count} Gerät', other: '{count} Geräte' },
  'backup.span': 'vom {from} bis {to}',
  'restore.title': 'Zurück aus einer Sicherung',
  'restore.lead':
    'Zuerst sehen Sie, was darin ist und was sie ersetzt. Nichts ändert sich, bevor Sie es sagen.',
  'restore.look': 'Einspielen …',
  'restore.file': 'Aus einer Datei (.tar, wie heruntergeladen)',
  'restore.checking': '{name} wird geprüft, jeder Datensatz.',
  'restore.restarting': 'Die Box hält an, spielt {name} ein und startet wieder. Solange hört sie nichts.',
  'restore.away':
    'Die Box ist weg und spielt {name} ein. Eine große Sicherung braucht Minuten; diese Seite kommt von selbst wieder.',
  'restore.done': '{name} wurde eingespielt.',
  'restore.refused': '{name} wurde nicht eingespielt, und nichts wurde geändert. {why}',
  'restore.aside': 'Was vorher da war, liegt in {aside}.',
  'restore.site': 'Standort',
  'restore.made': 'Gemacht',
  'restore.version': 'Von Version',
  'restore.size': 'Größe',
  'restore.holds': 'Sie enthält',
  'restore.here': 'Sie ersetzt',
  'restore.unknown': 'nicht bekannt',
  'restore.newer':
    'Was jetzt hier ist, ist neuer als die Sicherung. Es wird beiseitegelegt, nicht zusammengeführt.',
  'restore.noKey':
    'Der Schlüssel der Geräteschlüssel ist nicht darin: Er muss schon auf dieser Box sein, sonst sind die Schlüssel der Geräte nicht lesbar.',
  'restore.users':
    'Benutzer und Passwörter sind danach die der Sicherung: Sie melden sich mit einem davon an.',
  'restore.noUsers': 'Es sind keine Benutzer darin; die dieser Box bleiben.',
  'restore.kept':
    'Was hier ist, kommt in einen Ordner neben dem Speicher. Die Einstellungen dieser Box bleiben. Geräte arbeiten weiter, ohne neu beizutreten. Nie zwei Boxen mit einer Sicherung betreiben.',
  'restore.go': 'Einspielen und neu starten',
  'send.progress': 'Von der Datei gesendet',
  'send.sending': '{name}: {percent} % gesendet',
  'send.stop': 'Abbrechen',
};
