import { bare, composePlugins, type Hooks, type Plugin } from '@wasm-revive/kernel';
import type { ReviveOptions } from './control.js';
import { checkOptions, checkPlugin } from './options.js';

/** A plugin among others. */
interface Added {
  readonly plugin: Plugin;
}

/** What the program has chosen, now: options, and plugins. */
export class Settings {
  readonly #own: Plugin;
  #plugins: readonly Added[];
  #hooks: Hooks;
  #options: ReviveOptions;

  /** @param own the manager's own plugin, behind those of the program */
  constructor(options: ReviveOptions, plugins: readonly Plugin[], own: Plugin) {
    this.#own = own;
    this.#options = bare(options);
    this.#plugins = plugins.map((plugin) => ({ plugin }));
    this.#hooks = composePlugins([...plugins, own]);
  }

  get options(): ReviveOptions {
    return this.#options;
  }

  get hooks(): Hooks {
    return this.#hooks;
  }

  /** Changes options; gives those that changed. @throws TypeError */
  configure(options: ReviveOptions): ReviveOptions {
    // A copy first: the program's getters may give another value each time.
    const changes = bare({ ...options });
    checkOptions(changes);
    this.#options = bare({ ...this.#options, ...changes });
    return changes;
  }

  /**
   * Adds a plugin. Returns what takes it out again, and says whether it was still there.
   * @param check throws where it can't be used with what there is
   * @throws TypeError
   */
  use(plugin: Plugin, check: (hooks: Hooks) => void): () => boolean {
    checkPlugin(plugin);
    // Its own place in the list: the same plugin may be added twice.
    const added = { plugin };
    this.#plugIn([...this.#plugins, added], check);
    return () => {
      if (!this.#plugins.includes(added)) return false;
      this.#plugIn(this.#plugins.filter((one) => one !== added));
      return true;
    };
  }

  #plugIn(plugins: readonly Added[], check?: (hooks: Hooks) => void): void {
    const hooks = composePlugins([...plugins.map(({ plugin }) => plugin), this.#own]);
    check?.(hooks);
    this.#hooks = hooks;
    this.#plugins = plugins;
  }
}
