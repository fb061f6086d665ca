/** Why a downlink is not taken, was not sent, or is tried again. */
export const DOWNLINK_TEXTS = {
  'downlink.queueFull': 'The queue of this device is full: wait, or cancel what waits.',
  'downlink.noDevice': 'No device has the DevEUI {devEui}.',
  'downlink.notHere':
    'Nothing is sent from here: gateway.transmit is off, or the region is not one this network server knows.',
  'downlink.noKeys': 'The device has no keys here; another server speaks with it.',
  'downlink.payload': 'A payload is hex of {limit} bytes at most.',
  'downlink.port': 'A port is 1 to 223.',
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
  'downlink.nobodyListens':
    'the broker has nobody who takes commands for this gateway: does its Gateway Bridge run, with the same topics (command_topic_template)?',
  'downlink.brokerSays': 'the broker does not take the command: {why}',
  'downlink.brokerOff': 'the broker is not running',
  'downlink.noWay': 'no way to this gateway',
} as const;
