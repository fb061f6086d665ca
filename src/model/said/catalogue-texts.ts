/** What is wrong with a file of the device catalogue or a file in it, and what to know of a model that is taken. */
export const CATALOGUE_TEXTS = {
  'catalogue.noRoom': 'there is no room: {free} MB are free beside the reserve, {wanted} MB are needed',
  'catalogue.damaged': 'the file is damaged or cut off ({error})',
  'catalogue.manyModels': 'it holds more than {limit} models: bring the vendors you need',
  'catalogue.manyTexts':
    'it holds more texts than this box takes ({files} files, {megabytes} MB): bring the vendors you need',
  'catalogue.noModels':
    "no models are in it: it should be an archive of the repository lorawan-devices or chirpstack-device-profiles, or of vendors' folders of one",
  'catalogue.firstOf': 'the first of {count} problems: {path}:',
  'catalogue.slow': 'it took longer than {minutes} minutes and was ended: bring the vendors you need',
  'catalogue.memory': 'it needs more than {limit} MB to be read',
  'catalogue.ended': 'it was ended',
  'catalogue.noFormat': 'it is neither a tar archive nor JSON',
  'catalogue.noProfiles': 'it holds no device profile of ChirpStack',
  'catalogue.noProfile':
    'it is no device profile: name and region are needed, of a region that is answered here',
  'catalogue.large': 'it has {kilobytes} kB; {limit} kB are the most',
  'catalogue.unreadable': 'it cannot be read',
  'catalogue.nested': 'it is nested too deeply',
  'catalogue.noScript': 'it is not in the archive, or too long',
  'catalogue.noScriptOf': 'its script {file} is not in the archive, or too long',
  'taken.personalised': 'it does not join: its DevAddr and session keys are needed',
  'taken.version': 'it speaks LoRaWAN {version}, here as 1.0.3',
  'taken.windows': "where its maker's windows are not the region's own, import the device with its session:",
  'taken.rx1Offset': 'RX1 offset {value}',
  'taken.rx2DataRate': 'RX2 data rate {value}',
  'taken.rx2Frequency': 'RX2 {value} MHz',
  'taken.noScript': 'the catalogue has no script for it: its bytes are kept as they are',
  'taken.lostScript': 'the catalogue has lost its script: import it again',
  'taken.badScript': 'its script does not run here, its bytes are kept as they are:',
} as const;
