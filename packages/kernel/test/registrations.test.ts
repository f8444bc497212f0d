import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { OwnClosures } from '../src/instance/own-closures.js';
import { Registrations } from '../src/instance/registrations.js';

describe('I6 flat › the listeners of a lost instance on an emitter', () => {
  it.each(['on', 'once', 'addListener'])('are taken back where %s has added them', (method) => {
    const own = new OwnClosures();
    const registrations = new Registrations(own);
    const emitter = new EventEmitter();
    const closure = own.add(() => {});
    registrations.call(emitter, method, ['data', closure]);
    registrations.call(emitter, method, ['data', () => {}]);
    expect(emitter.listenerCount('data')).toBe(2);
    registrations.takeBack();
    expect(emitter.listeners('data')).not.toContain(closure);
    expect(emitter.listenerCount('data')).toBe(1);
  });

  it('are left where nothing can take them back', () => {
    const own = new OwnClosures();
    const registrations = new Registrations(own);
    const target = { listeners: [] as unknown[], on: (_: string, listener: unknown) => target.listeners.push(listener) };
    expect(registrations.call(target, 'on', ['data', own.add(() => {})])).toBe(1);
    expect(() => registrations.takeBack()).not.toThrow();
  });
});
