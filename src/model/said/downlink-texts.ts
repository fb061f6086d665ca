/** Why a downlink was not sent, or is tried again. */
export const DOWNLINK_TEXTS = {
  'downlink.tooLong': "its {bytes} bytes are more than the {limit} that fit at the device's data rate",
  'downlink.notStored': 'it could not be stored',
  'downlink.storedLate': 'storing it took longer than the device listens',
  'downlink.noAnswer': 'no answer from the gateway',
  'downlink.neverAnswered':
    'no answer from the gateway, as to every command so far: does the broker let us write gateway/+/command/# (its access list)?',
  'downlink.gatewaySays': 'the gateway says {words}',
  'downlink.noWindow': 'the gateway sent it in none of its windows',
  'downlink.notAcknowledged': 'the device has not acknowledged it',
  'downlink.restarted': 'restarted before the gateway answered',
  'downlink.noConnection': 'no connection to the broker',
  'downlink.brokerOff': 'the broker is not running',
  'downlink.noWay': 'no way to this gateway',
} as const;
