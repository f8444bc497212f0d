import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while no other process of this repository is inside the same lock. A lock whose owner has died is taken over.
 *
 * @template T
 * @param {string} file the lock; its folder is made when missing
 * @param {() => Promise<T>} work
 * @param {() => void} [onWait] called once when somebody else is inside
 * @returns {Promise<T>}
 */
export async function withLock(file, work, onWait) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (let waited = false; !take(file); waited = true) {
    if (!waited) onWait?.();
    await sleep(250);
  }
  try {
    return await work();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

function take(file) {
  // The file appears with its content in one step: `link` fails when the name exists, and no reader ever sees an empty lock.
  const mine = `${file}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!ownerLives(file)) fs.rmSync(file, { force: true });
    return false;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

function ownerLives(file) {
  let owner;
  try {
    owner = Number(fs.readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
