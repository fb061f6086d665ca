/** What looking at a connection step by step finds, in German. */
import type { STEP_TEXTS } from '../../../../../model/said/step-texts.ts';
import type { Words } from '../../words.ts';

export const steps: Words<typeof STEP_TEXTS> = {
  'step.name': '{host} ist {addresses}',
  'step.noName': 'der Name {host} ist nicht zu finden: {error}',
  'step.noName.todo': 'die Schreibweise prüfen und den Namensserver (DNS) dieser Maschine',
  'step.noAnswer': '{where}: keine Antwort in {seconds} s',
  'step.port': '{where} antwortet',
  'step.noPort': '{where}: {error}',
  'step.noPort.todo': 'Adresse, Kabel und Firewall prüfen',
  'step.nobody.todo':
    'die Maschine ist da, und an diesem Port lauscht niemand: läuft der Server, stimmt der Port?',
  'step.tls': 'Zertifikat von {subject}, signiert von {issuer}, bis {until}',
  'step.noCertificate': 'kein Zertifikat',
  'step.error': '{error}',
  'step.tlsExpired.todo': 'das Zertifikat des Servers erneuern; stimmt die Uhr dieser Box?',
  'step.tlsName.todo': 'das Zertifikat gilt für einen anderen Namen: diesen in den Einstellungen nehmen',
  'step.tlsAuthority.todo':
    'diese Box weiß nicht, wer es signiert hat: die Datei dieser Stelle in ca_file angeben',
  'step.tlsAuthorityOwn.todo':
    'diese Box kennt den Aussteller nicht: die Datei dieser Stelle dem Dienst als NODE_EXTRA_CA_CERTS nennen (docs/influxdb.md)',
  'step.tls.other.todo': 'spricht dieser Port TLS? verlangt er ein Zertifikat von uns?',
  'step.files.todo': 'die Zertifikatsdateien der Einstellungen prüfen',
  'step.letInAs': 'eingelassen als {user}',
  'step.letIn': 'eingelassen',
  'step.brokerLetIn': 'eingelassen als {user} (MQTT {version})',
  'step.letInNobody': 'eingelassen ohne Benutzer (MQTT {version})',
  'step.maySubscribe':
    'darf abonnieren, was die Gateways veröffentlichen; manche Broker stimmen zu und liefern nichts (ACL)',
  'step.influxToken': 'das Token ist gut',
  'step.mayWrite': 'darf nach {what} schreiben',
  'step.entries': '{what} hat {count} Einträge',
};
