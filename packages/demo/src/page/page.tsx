import { render } from 'preact';
import { App } from './app.tsx';
import { Live } from './live.ts';

const root = document.getElementById('app');
if (root !== null) render(<App live={new Live('events')} />, root);
