/** What the box says of its store, its clock and its backups, in German. */
import type { BOX_TEXTS } from '../../../../../model/said/box-texts.ts';
import type { Words } from '../../words.ts';

export const box: Words<typeof BOX_TEXTS> = {
  'store.takes': 'das Log nimmt Messwerte auf',
  'store.refuses': 'Messwerte lassen sich nicht speichern: {problem}',
  'store.tight':
    'die Platte ist fast voll: {free} MB sind frei, {wanted} MB sollen es sein (store.reserve_bytes)',
  'store.tight.todo':
    'Nachsehen, was die Platte sonst füllt. Die ältesten Messwerte machen Platz, abgelieferte zuerst.',
  'store.memory':
    'Messwerte liegen nur im Arbeitsspeicher ({type}): nach dem nächsten Start dieser Maschine sind alle weg',
  'store.memory.todo':
    'store.dir auf eine Karte oder Platte legen. Ein System, dessen Karte schreibgeschützt bleibt, braucht dafür eine eigene Partition. Für eine Vorführung oder einen Test: store.may_be_lost = true.',
  'store.layer':
    'Messwerte liegen in einer Schicht ({type}), die mit ihrem Container vergeht, oder mit dem nächsten Start eines Systems, dessen Karte schreibgeschützt bleibt',
  'store.layer.todo':
    'Dem Container für store.dir ein Volume geben, einem System mit schreibgeschützter Karte eine eigene Partition. Für eine Vorführung oder einen Test: store.may_be_lost = true.',
  'store.full.todo': 'die Platte ist voll: Platz schaffen',
  'store.moved.todo':
    'der Ordner des Speichers wurde verschoben, gelöscht oder ausgehängt: zurückbringen, oder die Box anhalten und eine Sicherung zurückspielen',
  'store.disk.todo': 'die Platte verweigerte: die Karte und `dmesg` prüfen',
  'store.twice.todo': 'eine andere webscada-edge hält diesen Datenordner: sie zuerst anhalten',
  'store.shell.todo':
    'ein anderes Programm hat die Datenbank zum Schreiben offen, etwa eine sqlite3-Shell: beenden; es wird von selbst wieder versucht',
  'store.readOnly.todo': 'die Datei oder ihr Dateisystem ist schreibgeschützt: Besitzer und Mount prüfen',
  'store.folder.todo':
    'der Ordner ist nicht zu gebrauchen: prüfen, dass er da ist und dem Dienstbenutzer gehört',
  'store.damaged.todo': 'die Datei ist beschädigt: der nächste Start repariert sie',
  'store.noStore.todo': 'die Datei ist beschädigt oder kein Speicher',
  'clock.right': 'die Uhr geht richtig ({source})',
  'clock.right.ntp': 'die Uhr geht richtig (nach einem Zeitserver)',
  'clock.right.rtc': 'die Uhr geht richtig (nach der Uhr mit Batterie)',
  'clock.right.steady': 'die Uhr geht richtig (sie läuft ohne Sprung)',
  'clock.right.setting': 'die Uhr geht richtig (so eingestellt)',
  'clock.gateways': 'die Zeit kommt von den Gateways',
  'clock.waits': 'Messwerte warten auf die richtige Zeit:',
  'clock.estimated': 'die Zeit ist geschätzt',
  'clock.todo':
    'Der Maschine den Weg zu einem Zeitserver öffnen, ihr eine Uhr mit Batterie geben oder sie von Hand stellen und time.trust auf "always" setzen.',
  'clock.doubt.notLooked': 'nach der Uhr wurde noch nicht gesehen',
  'clock.doubt.beforeMade': 'die Uhr steht vor dem Tag, an dem dieses Programm gebaut wurde',
  'clock.doubt.beforeNewest': 'die Uhr steht vor dem neuesten Messwert',
  'clock.doubt.jumped': 'die Uhr ist um mehr als eine Stunde gesprungen',
  'clock.doubt.noProof': 'nichts beweist, dass die Uhr richtig geht',
  'clock.doubt.notSynchronized': 'die Uhr ist noch nicht synchronisiert',
  'clock.doubt.gatewaysAtOdds':
    'Gateways widersprechen sich, und die meisten zeigen, was unsere eigene zweifelhafte Uhr zeigt',
  'backup.off': 'die Box macht keine Sicherungen: backup.enabled ist false',
  'backup.rehearsed': 'das Zurückspielen von {name} wurde um {time} erprobt: alles kam zurück',
  'backup.notTried': 'das Zurückspielen von {name} ließ sich nicht erproben:',
  'backup.notTried.todo':
    'auf der Platte des Speichers Platz schaffen oder store.max_bytes senken; jeden Tag wird es wieder versucht',
  'backup.notRestorable': 'aus {name} wurde kein ganzer Speicher, als das Zurückspielen erprobt wurde:',
  'backup.notRestorable.todo':
    'eine neue machen und morgen wieder nachsehen; den Datenträger prüfen: webscada-edge backup verify ORDNER',
  'backup.noCopy': 'die Sicherung vom {time} ist gemacht, ihre Kopie nach {place} nicht:',
  'backup.failed': 'es ließ sich keine Sicherung machen:',
  'backup.lastOne': 'die letzte ist von {time}',
  'backup.noneYet': 'es gibt keine',
  'backup.last': 'die letzte Sicherung ist von {time}',
  'backup.lastWithoutLog':
    'die letzte Sicherung ist von {time}, ohne das Log der Messwerte, das größer ist als backup.max_log_bytes',
  'backup.nothing': 'es gibt noch nichts zu sichern',
  'backup.first': 'die erste Sicherung entsteht wenige Minuten nach dem Start',
  'backup.log.todo': 'webscada-edge service logs sagt mehr',
  'backup.error': '{error}',
  'backup.error.todo':
    'der Ordner muss für den Dienst beschreibbar sein und seine Platte Daten annehmen: webscada-edge service logs',
  'backup.hung': 'die Sicherung kommt nicht zum Ende',
  'backup.hung.todo': 'eine Freigabe, die nicht antwortet: neu einhängen oder backup.dir ändern',
  'backup.noRoom':
    'kein Platz in {folder}: {free} MB sind frei, eine Sicherung braucht {wanted} MB, und {reserve} MB bleiben frei (store.reserve_bytes)',
  'backup.noRoom.todo':
    'dort entfernen, was nicht gebraucht wird, weniger behalten (backup.keep_daily, keep_weekly, keep_monthly) oder backup.dir ändern',
  'backup.notWhole': 'die neue Sicherung ist nicht vollständig:',
  'backup.notWhole.todo':
    'vielleicht gibt das Medium nach: ein anderes versuchen; die Sicherungen davor bleiben',
  'backup.noFolder': 'der Ordner {folder} ist nicht da',
  'backup.noFolder.todo': 'den Stick oder die Freigabe einhängen, den Ordner anlegen oder backup.dir ändern',
  'backup.sameDisk': '{folder} liegt auf der Platte des Speichers',
  'backup.sameDisk.todo':
    'den Stick oder die Freigabe einhängen; backup.other_disk = true verlangt eine andere Platte',
  'finding.healthy': 'gesund unter {url}',
  'finding.free': '{gigabytes} GB frei für {folder}',
  'finding.little.todo':
    'Platz schaffen oder store.max_bytes senken; die ältesten abgelieferten Messwerte gehen zuerst',
  'finding.time': '{time}',
  'finding.time.advice':
    'Messwerte warten auf die richtige Zeit: timedatectl set-ntp true, oder von Hand stellen',
  'finding.mosquittoQueue':
    'Mosquitto behält höchstens {most} Nachrichten, während die Box weg ist (max_queued_messages); der Rest ist verloren',
  'finding.mosquittoQueue.todo':
    'max_queued_messages 0 und max_queued_bytes 67108864 in {folder}/conf.d/webscada-edge.conf (docs/install.md), dann systemctl restart mosquitto',
  'finding.mosquittoDelay':
    'Mosquitto hält ein kleines Paket zurück, bis das davor bestätigt ist: bis zu 40 ms für einen Uplink und noch einmal für seinen Downlink',
  'finding.mosquittoDelay.todo':
    'set_tcp_nodelay true in {folder}/conf.d/webscada-edge.conf (docs/install.md), dann systemctl restart mosquitto',
  'finding.meanwhile.todo': 'Messwerte warten solange auf der Box',
  'finding.exposed':
    '{where} steht dem Netz offen und ist nicht verschlüsselt; Gateways mit einem Benutzer werden eingelassen (webscada-edge broker-user list)',
};
