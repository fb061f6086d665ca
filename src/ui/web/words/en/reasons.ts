/** Words about why a frame or a join was refused; the keys are the reasons of the API. */
export const reasons = {
  'reason.unknown_device': 'Not declared here',
  'reason.wrong_mic': 'The address is known, but the key is another one',
  'reason.replay': 'Counted backwards: the device started anew, or somebody repeats its frames',
  'reason.retransmission': 'Heard again; the reading is there',
  'reason.join_unknown_device': 'Asks to join, but its DevEUI is not declared here',
  'reason.join_wrong_join_eui': 'Join refused: its JoinEUI is not the one declared',
  'reason.join_wrong_mic': 'Join refused: its AppKey is not the one declared',
  'reason.join_not_served': 'Join refused: nothing is sent from here in its region',
  'reason.join_under_way': 'Its join is being answered',
  'reason.join_nonces_used_up': 'Join refused: it has joined too often. Declare it anew',
  'reason.join_dev_nonce_used':
    'Join refused: a DevNonce it used before. Declare it anew if it forgot its counter',
  'reason.join_dev_nonce_not_greater':
    'Join refused: its DevNonce does not go on. Declare it anew if it forgot its counter',
  'reason.join_too_late': 'Join not answered: it came too late over a slow line to the gateway',
  'reason.join_duty_cycle': 'Join not answered: no gateway may send so soon',
  'reason.join_no_gateway': 'Join not answered: no gateway can',
  'reason.crc_not_ok': 'Damaged on the air',
  'reason.too_large': 'Message too long',
  'reason.store_backlog': 'Too much waits for the disk',
  'reason.downlink_too_late': 'Downlink too late',
  'reason.downlink_duty_cycle': 'Downlink: no gateway may send so soon',
  'reason.downlink_no_gateway': 'Downlink: no gateway heard the device',
  'reason.not_storable': 'Cannot be stored',
} as const;
