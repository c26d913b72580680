import { createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { agent, backendUrl, port } from './settings.mjs';

const proxy = createProxyServer({ target: backendUrl, agent });
createServer((request, response) => proxy.web(request, response)).listen(port, '127.0.0.1');
