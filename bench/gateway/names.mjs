/** What the contenders are called in tables, in the chart and in the text of the rows. */
export const names = {
  on: 'keygate',
  log: 'keygate, access log on',
  off: 'keygate, no gates',
  tls: 'keygate, TLS',
  baseline: 'keygate (baseline)',
  nginx: 'nginx',
  lua: 'nginx + Lua, same gate',
  auth: 'nginx + auth_request',
  nginxTls: 'nginx, TLS',
  haproxy: 'haproxy',
  fastify: '@fastify/http-proxy',
  httpProxy: 'http-proxy-3',
  fastGateway: 'fast-gateway',
  express: 'express-gateway',
  nest: 'Nest + http-proxy-middleware',
  direct: 'backend, nothing before it',
};

export const allGates = ['token', 'scope', 'throttle'];
