/** Where the browser's program begins. Drawing waits for the next animation frame, so a burst of readings is drawn once. */

import { options, render } from 'preact';
import { App } from './app.tsx';
import { watchBacklogs } from './backlogs.ts';
import { stayConnected } from './live.ts';
import { forgetOldTrees } from './old-trees.ts';
import { followAddress } from './page.ts';
import { startTicking } from './screen-clock.ts';
import { followTheme } from './theme.ts';
import { learnBoxWords } from './told.ts';

/** A print takes what is drawn when its event has passed, and a page that nobody sees has no frames. */
let isPrinting = false;
window.addEventListener('beforeprint', () => setPrinting(true), { capture: true });
window.addEventListener('afterprint', () => setPrinting(false), { capture: true });

function setPrinting(is: boolean): void {
  isPrinting = is;
}

options.debounceRendering = (draw) => {
  if (isPrinting) draw();
  else requestAnimationFrame(draw);
};

forgetOldTrees();

const root = document.getElementById('app');
if (root) {
  root.replaceChildren();
  followTheme();
  render(<App />, root);
  followAddress();
  startTicking();
  watchBacklogs();
  stayConnected();
  void learnBoxWords();
}
