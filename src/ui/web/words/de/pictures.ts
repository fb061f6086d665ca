/** Words about pictures on the box, in German. */
import type { pictures as english } from '../en/pictures.ts';
import type { Words } from '../words.ts';

export const pictures: Words<typeof english> = {
  'picture.photo': 'Foto',
  'picture.photoOf': 'Foto von {name}',
  'picture.takePhoto': 'Foto aufnehmen oder wählen',
  'picture.remove': 'Foto entfernen',
  'picture.sending': 'Wird gesendet …',
  'picture.no_picture': 'Das ist kein Bild, das der Browser lesen kann.',
  'picture.too_large': 'Die Datei ist zu groß: 40 MB für ein Foto, 2 MB für eine Zeichnung.',
};
