import { bare, composePlugins, type Hooks, type Plugin } from '@wasm-revive/kernel';
import type { ReviveOptions } from './control.js';
import { checkOptions, checkPlugin } from './options.js';

/** What the program has chosen, now: options, and plugins. */
export class Settings {
  readonly #own: (options: () => ReviveOptions) => Plugin;
  #plugins: readonly Plugin[];
  #hooks: Hooks;
  #options: ReviveOptions;

  /** @param own makes the manager's own plugin, behind those of the program */
  constructor(options: ReviveOptions, plugins: readonly Plugin[], own: (options: () => ReviveOptions) => Plugin) {
    this.#own = own;
    this.#options = bare(options);
    this.#plugins = plugins;
    this.#hooks = this.#compose(plugins);
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
    const changes: { -readonly [K in keyof ReviveOptions]: ReviveOptions[K] } = bare({ ...options });
    if (typeof changes.recycle === 'object' && changes.recycle !== null) changes.recycle = bare({ ...changes.recycle });
    checkOptions(changes);
    this.#options = bare({ ...this.#options, ...changes });
    if ('recycle' in changes) this.#hooks = this.#compose(this.#plugins);
    return changes;
  }

  /** Adds a plugin. @param check throws where it can't be used with what there is @throws TypeError */
  use(plugin: Plugin, check: (hooks: Hooks) => void): void {
    checkPlugin(plugin);
    const plugins = [...this.#plugins, plugin];
    const hooks = this.#compose(plugins);
    check(hooks);
    this.#hooks = hooks;
    this.#plugins = plugins;
  }

  #compose(plugins: readonly Plugin[]): Hooks {
    return composePlugins([...plugins, this.#own(() => this.#options)]);
  }
}
