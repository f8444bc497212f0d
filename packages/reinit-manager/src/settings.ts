import { bare, composePlugins, type Hooks, type Plugin } from '@wasm-revive/kernel';
import { HEARS_TURNS, type ReviveOptions } from './control.js';
import { optionsLeft, WITH_CONTROL } from './left-out.js';
import { checkOptions, checkPlugin } from './options.js';
import type { CallSite } from './pool/calls.js';

/** A plugin among others. */
interface Added {
  readonly plugin: Plugin;
}

/** What the program has chosen, now: options, and plugins. */
export class Settings {
  readonly #own: (options: () => ReviveOptions) => Plugin;
  readonly #calls: () => readonly CallSite[];
  #plugins: readonly Added[];
  #hooks: Hooks;
  #options: ReviveOptions;

  /**
   * @param own makes the manager's own plugin, behind those of the program
   * @param calls what the module exports
   */
  constructor(
    options: ReviveOptions,
    plugins: readonly Plugin[],
    own: (options: () => ReviveOptions) => Plugin,
    calls: () => readonly CallSite[],
  ) {
    this.#own = own;
    this.#calls = calls;
    this.#options = this.#checked(options);
    this.#plugins = plugins.map((plugin) => ({ plugin }));
    this.#hooks = this.#compose(this.#plugins);
  }

  get options(): ReviveOptions {
    return this.#options;
  }

  get hooks(): Hooks {
    return this.#hooks;
  }

  /** A copy first: the program's getters may give another value each time. */
  #checked(options: ReviveOptions): ReviveOptions {
    return WITH_CONTROL ? checkOptions(bare({ ...options }), this.#calls) : optionsLeft(options);
  }

  /** Changes options; gives those that changed. @throws TypeError */
  configure(options: ReviveOptions): ReviveOptions {
    const changes = this.#checked(options);
    this.#options = bare({ ...this.#options, ...changes });
    if (HEARS_TURNS.some((name) => name in changes)) this.#hooks = this.#compose(this.#plugins);
    return changes;
  }

  /**
   * Adds a plugin. Returns what takes it out again, and says whether it was still there.
   * @param check throws where it can't be used with what there is
   * @throws TypeError
   */
  use(plugin: Plugin, check: (hooks: Hooks) => void): () => boolean {
    if (WITH_CONTROL) checkPlugin(plugin);
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
    const hooks = this.#compose(plugins);
    check?.(hooks);
    this.#hooks = hooks;
    this.#plugins = plugins;
  }

  #compose(plugins: readonly Added[]): Hooks {
    return composePlugins([...plugins.map(({ plugin }) => plugin), this.#own(() => this.#options)]);
  }
}
