/** Words about the support bundle. */
export const support = {
  'support.title': 'Support bundle',
  'support.lead':
    'What somebody far away needs to find a fault: state, settings, log, devices, as one file. Look at each before you send it.',
  'support.secrets':
    'Passwords, tokens and keys are taken out. Names of devices and addresses in the network stay in.',
  'support.download': 'Download the bundle',
  'support.files': 'What is in it',
  'support.away': 'It could not be fetched.',
} as const;
