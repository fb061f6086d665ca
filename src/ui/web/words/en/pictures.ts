/** Words about pictures on the box. */
export const pictures = {
  'picture.photo': 'Photo',
  'picture.photoOf': 'Photo of {name}',
  'picture.takePhoto': 'Take or choose a photo',
  'picture.remove': 'Remove the photo',
  'picture.sending': 'Sending …',
  'picture.no_picture': 'This is no picture the browser can read.',
  'picture.too_large': 'The file is too large: 40 MB for a photo, 2 MB for a drawing.',
} as const;
