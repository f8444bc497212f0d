import type { Running } from './workerd.ts';

/** A Worker that calls the fixture by its bindings, and says what came of it. */
export const CALLER = `
  export default {
    async fetch(request, env) {
      const { target, steps } = await request.json();
      try {
        if (target === 'fetch') {
          const response = await env.FIXTURE.fetch('http://fixture' + steps[0][0]);
          return Response.json({ status: response.status, text: await response.text() });
        }
        let value = target === 'service' ? env.FIXTURE : env.COUNTER.getByName(target);
        for (const step of steps) value = Array.isArray(step) ? await value[step[0]](...step.slice(1)) : await value[step];
        return Response.json({ value });
      } catch (error) {
        return Response.json({ error: String(error) });
      }
    },
  };`;

/** A property to read, or a method to call with what follows its name. */
export type Step = string | [string, ...unknown[]];

/** Calls by a binding, from another Worker. */
export async function callBy(worker: Running, target: string, ...steps: Step[]): Promise<unknown> {
  const caller = await worker.events('caller');
  const response = await caller.fetch('http://caller/', { method: 'POST', body: JSON.stringify({ target, steps }) });
  return response.json();
}
