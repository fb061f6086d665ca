/** How much room there is: from the width on at which the bar is a rail, rows have one line. The same width stands in shape.css. */
import { signal } from '@preact/signals';

const wide = matchMedia('(min-width: 60rem)');

export const isWideScreen = signal(wide.matches);

wide.addEventListener('change', () => {
  isWideScreen.value = wide.matches;
});
