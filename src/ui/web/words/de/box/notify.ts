/** What the box says of telling people of alarms, in German. */
import type { NOTIFY_TEXTS } from '../../../../../model/said/notify-texts.ts';
import type { Words } from '../../words.ts';

export const notify: Words<typeof NOTIFY_TEXTS> = {
  'notify.nobody': 'niemand erfährt von Alarmen',
  'notify.people': { one: 'eine Person erfährt von Alarmen', other: '{count} Personen erfahren von Alarmen' },
  'notify.failed': 'Alarme zu melden misslingt: {error}',
  'notify.failed.todo':
    'es wird alle 10 s wieder versucht, und nichts geht verloren; ist die Platte voll? sonst sagen das Log und ein Support-Paket mehr',
  'notify.empty': 'der Meldeweg „{route}“ führt zu niemandem',
  'notify.empty.todo': 'seinen Personen eine Adresse geben oder andere nennen',
  'notify.missing': 'jemand soll über {channel} erfahren, und die Einstellungen kennen es nicht',
  'notify.missing.todo': 'den Abschnitt notify der Einstellungen ausfüllen; für E-Mail smtp_host und from',
  'notify.failing': 'über {channel} geht nichts hinaus:',
  'notify.failing.todo':
    'nachsehen, was der Server sagt, unter Benachrichtigungen oder mit webscada-edge notify log; was wartet, wird später gemeldet, mit seinem Alter',
  'notify.taken': 'vom Broker angenommen: {topic}',
  'notify.noAnswer': 'keine Antwort in {seconds} s',
  'notify.stopped': 'abgebrochen',
  'notify.mailClosed': 'der Mailserver hat die Verbindung geschlossen',
  'notify.mailSlow': 'der Mailserver brauchte zu lange',
  'notify.noEnd': 'für das Ende wird nichts gesendet',
  'notify.waitsAlready': 'wartet schon auf das Gerät: {id}',
  'notify.queued': 'eingereiht für das Gerät: {id}',
  'notify.unknownChannel': 'die Einstellungen kennen kein {channel}',
  'notify.takenOut': 'die Adresse wurde herausgenommen, bevor gesendet werden konnte',
  'notify.mailPort.todo':
    'passt notify.smtp_security zum Port? 465 ist in der Regel tls, 587 und 25 sind starttls',
  'notify.login.todo': 'notify.smtp_username und notify.smtp_password prüfen',
  'notify.address.todo': 'die Adresse prüfen und was der Server sagt',
  'notify.reach.todo': 'ist der Server da, und ist sein Zertifikat gut?',
  'notify.redirect.todo': 'er leitet weiter: die Adresse, zu der er führt, in webhooks eintragen',
  'notify.url.todo': 'die url in webhooks prüfen',
  'notify.receiver.todo': 'ins Log des Empfängers sehen',
  'notify.broker.todo': 'ist der Broker da, und darf unser Benutzer dieses Topic veröffentlichen?',
  'step.mailLogin.todo':
    'notify.smtp_username und notify.smtp_password prüfen, und was der Mailserver verlangt',
  'step.mailPlain': 'er spricht SMTP; niemand meldet sich an',
};
