/** Where the browser's program begins. Drawing waits for the next animation frame, so a burst of readings is drawn once. */
import { options, render } from 'preact';
import { App } from './app.tsx';
import { stayConnected } from './live.ts';
import { forgetOldTrees } from './old-trees.ts';
import { followAddress } from './page.ts';
import { startTicking } from './screen-clock.ts';

options.debounceRendering = (draw) => {
  requestAnimationFrame(draw);
};

forgetOldTrees();

const root = document.getElementById('app');
if (root) {
  root.replaceChildren();
  render(<App />, root);
  followAddress();
  startTicking();
  stayConnected();
}
