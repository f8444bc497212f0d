import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { StageEvent } from '../protocol.ts';
import { readOrder } from './read-order.ts';
import type { Stage } from './stage.ts';

/** What the build makes of `src/page`: from `src` and from `dist` alike. */
const PAGE = fileURLToPath(new URL('../../dist/page/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Nothing from elsewhere, and nothing inline. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** A server that shows a stage. */
export interface Serving {
  readonly url: string;
  end(): Promise<void>;
}

/**
 * Serves the page, what happens on the stage (`/events`, server-sent events) and what the page asks for (`POST /orders`), to this machine alone.
 * @param port 0: any that is free
 */
export async function serve(stage: Stage, port: number): Promise<Serving> {
  const server = createServer((request, response) => {
    void answer(stage, request, response).catch((error) => {
      console.error(error);
      response.destroy();
    });
  });
  await listen(server, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}/`,
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Pages that listen would keep it.
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

async function answer(stage: Stage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { host = '' } = request.headers;
  // Not for other sites' pages, under whatever name they know this machine.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host)) return end(response, 403);
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
  switch (`${request.method} ${pathname}`) {
    case 'GET /events':
      return sendEvents(stage, response);
    case 'POST /orders': {
      // A form of another site's can't send this type.
      if (request.headers['content-type'] !== 'application/json') return end(response, 415);
      const order = readOrder(await text(request));
      if (order === undefined) return end(response, 400);
      await stage.order(order);
      return end(response, 204);
    }
    default:
      return request.method === 'GET' ? sendFile(pathname, response) : end(response, 405);
  }
}

function sendEvents(stage: Stage, response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  const stop = stage.story.listen((event: StageEvent) => response.write(`data: ${JSON.stringify(event)}\n\n`));
  response.on('close', stop);
}

function sendFile(pathname: string, response: ServerResponse): void {
  // By its name alone: the page is one folder.
  const file = path.join(PAGE, path.basename(pathname) || 'index.html');
  const type = TYPES[path.extname(file)];
  if (type === undefined || !existsSync(file)) {
    end(response, 404);
    return;
  }
  response.writeHead(200, { ...HEADERS, 'content-type': `${type}; charset=utf-8` });
  createReadStream(file).pipe(response);
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, HEADERS).end();
}
