/** A web server on loopback for tests: routes by path, and what was asked of it. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Route = (request: IncomingMessage, answer: ServerResponse, url: URL, times: number) => void;

export interface TestServer extends AsyncDisposable {
  /** "http://127.0.0.1:port". */
  readonly origin: string;
  readonly port: number;
  /** Path and query of every request. */
  readonly asked: string[];
}

/** @param routes - By path, "*" for all others; `times` counts the requests of a path from 1. */
export async function startServer(
  routes: Readonly<Record<string, Route>>,
  host = "127.0.0.1",
): Promise<TestServer> {
  const asked: string[] = [];
  const fallback = routes["*"];
  const server = createServer((request, answer) => {
    const url = new URL(request.url!, "http://server");
    asked.push(request.url!);
    const times = asked.filter((path) => path.split("?")[0] === url.pathname).length;
    const route = routes[url.pathname] ?? fallback;
    if (route !== undefined) return route(request, answer, url, times);
    answer.writeHead(404).end("nothing here");
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${host}:${port}`,
    port,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A route that answers with a body. */
export function sends(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Route {
  return (_, answer) => void answer.writeHead(200, headers).end(body);
}
