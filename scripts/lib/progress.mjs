const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Without a terminal, how often a step that is still running says so. */
const HEARTBEAT_MS = 30_000;

const seconds = (since) => {
  const elapsed = (performance.now() - since) / 1000;
  return elapsed < 60 ? `${elapsed.toFixed(1)} s` : `${Math.floor(elapsed / 60)} min ${Math.floor(elapsed % 60)} s`;
};

/**
 * Runs one step and shows what is being done, for how long, and what came of it: one living line on a terminal, plain lines elsewhere.
 *
 * @template T
 * @param {string} title
 * @param {(tell: (detail: string) => void) => T | Promise<T>} work `tell` sets what is shown beside the title; the last thing told stays
 *   beside it when the step is done, if it was told through `tell.result`
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = performance.now();
  const out = process.stderr;
  const live = out.isTTY === true;
  let detail = '';
  let result = '';
  const tell = (text) => {
    detail = text;
  };
  tell.result = (text) => {
    result = text;
  };
  let frame = 0;
  const draw = () => {
    const line = `${SPINNER[frame++ % SPINNER.length]} ${title} (${seconds(started)}) ${detail}`;
    out.write(`\r\x1b[2K${line.slice(0, Math.max(20, (out.columns ?? 80) - 1))}`);
  };
  const beat = () => out.write(`  … ${title}, ${seconds(started)} so far: ${detail.slice(0, 160)}\n`);
  const timer = setInterval(live ? draw : beat, live ? 100 : HEARTBEAT_MS);
  timer.unref();
  const end = (mark) => {
    clearInterval(timer);
    if (live) out.write('\r\x1b[2K');
    out.write(`${mark} ${title}${result ? `: ${result}` : ''} (${seconds(started)})\n`);
  };
  try {
    const value = await work(tell);
    end('✔');
    return value;
  } catch (error) {
    end('✖');
    throw error;
  }
}
