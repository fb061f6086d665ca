/** Words about why a frame or a join was refused; the keys are the reasons of the API, in German. */
import type { reasons as english } from '../en/reasons.ts';
import type { Words } from '../words.ts';

export const reasons: Words<typeof english> = {
  'reason.unknown_device': 'Hier nicht angelegt',
  'reason.wrong_mic': 'Die Adresse ist bekannt, aber der Schlüssel ist ein anderer',
  'reason.replay': 'Rückwärts gezählt: das Gerät hat neu begonnen, oder jemand wiederholt seine Frames',
  'reason.retransmission': 'Noch einmal gehört; der Messwert ist da',
  'reason.join_unknown_device': 'Will beitreten, aber seine DevEUI ist hier nicht angelegt',
  'reason.join_wrong_join_eui': 'Join abgewiesen: seine JoinEUI ist nicht die eingetragene',
  'reason.join_wrong_mic': 'Join abgewiesen: sein AppKey ist nicht der eingetragene',
  'reason.join_not_served': 'Join abgewiesen: in seiner Region wird von hier nicht gesendet',
  'reason.join_under_way': 'Sein Join wird gerade beantwortet',
  'reason.join_nonces_used_up': 'Join abgewiesen: es ist zu oft beigetreten. Neu anlegen',
  'reason.join_dev_nonce_used':
    'Join abgewiesen: eine DevNonce, die es schon benutzt hat. Neu anlegen, wenn es seinen Zähler vergessen hat',
  'reason.join_dev_nonce_not_greater':
    'Join abgewiesen: seine DevNonce geht nicht weiter. Neu anlegen, wenn es seinen Zähler vergessen hat',
  'reason.join_too_late': 'Join nicht beantwortet: er kam über eine langsame Leitung zum Gateway zu spät',
  'reason.join_duty_cycle': 'Join nicht beantwortet: kein Gateway darf so bald senden (Duty Cycle)',
  'reason.join_no_gateway': 'Join nicht beantwortet: kein Gateway kann',
  'reason.crc_not_ok': 'Auf dem Funkweg beschädigt',
  'reason.too_large': 'Nachricht zu lang',
  'reason.store_backlog': 'Zu viel wartet auf den Datenträger',
  'reason.downlink_too_late': 'Downlink zu spät',
  'reason.downlink_duty_cycle': 'Downlink: kein Gateway darf so bald senden (Duty Cycle)',
  'reason.downlink_no_gateway': 'Downlink: kein Gateway hat das Gerät gehört',
  'reason.not_storable': 'Kann nicht gespeichert werden',
};
