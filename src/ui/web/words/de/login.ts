/** Words about logging in, claiming the box, the account, in German. */
import type { login as english } from '../en/login.ts';
import type { Words } from '../words.ts';

export const login: Words<typeof english> = {
  'account.heading': 'Konto',
  'account.logout': 'Abmelden',
  'role.admin': 'Administrator',
  'role.technician': 'Techniker',
  'role.operator': 'Bediener',
  'role.viewer': 'Betrachter',
  'entry.show': 'Anzeigen',
  'entry.busy': 'Einen Moment …',
  'entry.wait': {
    one: 'Zu viele Versuche. In {count} Sekunde wieder.',
    other: 'Zu viele Versuche. In {count} Sekunden wieder.',
  },
  'claim.title': 'Diese Box übernehmen',
  'claim.lead':
    'Sie ist neu oder wurde zurückgesetzt. Der einmalige Code wurde bei der Installation gezeigt und steht im Log des ersten Starts.',
  'claim.code': 'Übernahmecode',
  'claim.name': 'Eigener Name hier',
  'claim.password': 'Neues Passwort',
  'claim.passwordHint': 'Mindestens 10 Zeichen; mehrere Wörter eignen sich gut.',
  'claim.button': 'Übernehmen',
  'claim.wrong':
    'Das ist nicht oder nicht mehr der Code. „webscada-edge reset-admin“ auf der Box macht einen neuen.',
  'claim.have': 'Ich habe einen Übernahmecode',
  'claim.back': 'Zurück zur Anmeldung',
  'login.title': 'Anmelden',
  'login.name': 'Name',
  'login.password': 'Passwort',
  'login.button': 'Anmelden',
  'login.wrong': 'Name oder Passwort falsch.',
  'tls.title': 'Ist das die richtige Box?',
  'tls.hint':
    'Den SHA-256-Fingerabdruck des Zertifikats, wie der Browser ihn zeigt, mit dem im Log der Box vergleichen. Er soll lauten:',
};
