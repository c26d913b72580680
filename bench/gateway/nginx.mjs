import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { body } from './world.mjs';

/** One worker, connections that stay open, no log: what is compared is the work, and the others write none either. */
const frame = ({ main = '', http }) => `
worker_processes 1;
daemon off;
pid nginx.pid;
error_log stderr warn;
${process.getuid?.() === 0 ? 'user root;' : ''}
${main}
events { worker_connections 4096; }
http {
  access_log off;
  default_type application/json;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_body_temp_path temp-body;
  proxy_temp_path temp-proxy;
  fastcgi_temp_path temp-fastcgi;
  uwsgi_temp_path temp-uwsgi;
  scgi_temp_path temp-scgi;
${http}
}
`;

const upstream = (name, port) => `
  upstream ${name} {
    server 127.0.0.1:${port};
    keepalive 256;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
  }`;

const proxied = `
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass http://backend;`;

/** What answers in the end: the cheapest server there is. */
export const backendConfig = (port) =>
  frame({ http: `  server { listen 127.0.0.1:${port}; location / { return 200 '${body}'; } }` });

export const plainConfig = (port, { backendPort }) =>
  frame({
    http: `${upstream('backend', backendPort)}\n  server { listen 127.0.0.1:${port}; location / {${proxied} } }`,
  });

export const tlsConfig = (port, { backendPort, certFile, keyFile }) =>
  frame({
    http: `${upstream('backend', backendPort)}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {${proxied} }
  }`,
  });

/** auth_request with the cheapest service to ask: a table of tokens in another nginx. */
export const authRequestConfig = (port, { backendPort, authPort }) =>
  frame({
    http: `${upstream('backend', backendPort)}${upstream('auth', authPort)}
  server {
    listen 127.0.0.1:${port};
    location = /auth {
      internal;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Content-Length "";
      proxy_pass_request_body off;
      proxy_pass http://auth;
    }
    location / {
      auth_request /auth;${proxied}
    }
  }`,
  });

export const authServiceConfig = (port, { tokens }) =>
  frame({
    http: `
  map_hash_max_size 65536;
  map_hash_bucket_size 128;
  map $http_authorization $is_known {
    default 0;
${tokens.map((token) => `    "Bearer ${token}" 1;`).join('\n')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      if ($is_known) { return 204; }
      return 401;
    }
  }`,
  });

/** The gate of gate.lua. `factsFile` has a line for each token: token, application, user, scopes. */
export const luaConfig = (port, { backendPort, luaFile, factsFile, world }) =>
  frame({
    main: ['ndk_http_module', 'ngx_http_lua_module']
      .map((name) => `load_module /usr/lib/nginx/modules/${name}.so;`)
      .join('\n'),
    http: `${upstream('backend', backendPort)}
  lua_shared_dict limits 32m;
  init_by_lua_block {
    facts_file, apis, apps = "${factsFile}", ${world.apis}, ${world.apps}
    gate = dofile("${luaFile}")
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      access_by_lua_block { gate() }
      proxy_set_header Authorization "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header activityid $request_id;${proxied}
    }
  }`,
  });

/** Writes a configuration into a folder of its own and answers how nginx is started with it. */
export function nginxCommand(folder, name, text) {
  const prefix = join(folder, name);
  mkdirSync(prefix, { recursive: true });
  const file = join(prefix, 'nginx.conf');
  writeFileSync(file, text);
  return { command: '/usr/sbin/nginx', args: ['-p', `${prefix}/`, '-c', file] };
}
