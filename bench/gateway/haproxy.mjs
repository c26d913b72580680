import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One thread, connections that stay open on both sides, no log. */
export function haproxyCommand(folder, port, backendPort) {
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 60s
  timeout http-keep-alive 600s
  http-reuse always
frontend front
  bind 127.0.0.1:${port}
  default_backend back
backend back
  server backend 127.0.0.1:${backendPort}
`,
  );
  return { command: '/usr/sbin/haproxy', args: ['-db', '-f', file] };
}
