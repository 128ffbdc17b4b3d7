// Serves the built console with fixtures: node tests/dev/server.mjs [port]. Not shipped.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { answer } from "./fixtures.mjs";

const files = fileURLToPath(new URL("../../../src/Quarterdeck.Server/wwwroot", import.meta.url));
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

createServer(async (request, reply) => {
  const path = request.url ?? "/";
  const cookie = request.headers.cookie ?? "";
  const mood = {
    signedOut: cookie.includes("mood=out"),
    grave: cookie.includes("mood=grave"),
    empty: cookie.includes("mood=empty"),
  };
  if (path === "/api/stream") {
    reply.writeHead(200, { "Content-Type": "text/event-stream" });
    const timer = setInterval(() => reply.write('event: changed\ndata: {"topics":["blocks"]}\n\n'), 1000);
    request.on("close", () => clearInterval(timer));
    return;
  }
  if (path.startsWith("/api/")) {
    const body = answer(path, mood);
    const status = body === null ? 401 : body === undefined ? 404 : 200;
    reply.writeHead(status, { "Content-Type": "application/json" });
    reply.end(JSON.stringify(body ?? { title: "Not signed in", detail: null, remedy: null, status }));
    return;
  }
  const wanted = normalize(join(files, path.split("?")[0]));
  const file = wanted.startsWith(files) && extname(wanted) ? wanted : join(files, "index.html");
  try {
    const body = await readFile(file);
    reply.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" });
    reply.end(body);
  } catch {
    reply.writeHead(404).end();
  }
}).listen(Number(process.argv[2] ?? 8099), "127.0.0.1");
