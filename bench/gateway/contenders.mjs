import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '@keygate/common/testing';
import { start, startProgram } from '../support/processes.mjs';
import { haproxyCommand } from './haproxy.mjs';
import { cores, here } from './load.mjs';
import {
  authRequestConfig,
  authServiceConfig,
  backendConfig,
  luaConfig,
  nginxCommand,
  plainConfig,
  tlsConfig,
} from './nginx.mjs';
import {
  appOf,
  hashOf,
  limitedApp,
  openPath,
  requestOf,
  requestText,
  scope,
  smallWorld,
  special,
  tokenOf,
  userOf,
} from './world.mjs';

/** The requests of all contenders: each token of the small world once, in turns. */
export const gatedRequests = Array.from({ length: smallWorld.tokens }, (_, number) => requestOf(number, smallWorld));
export const openRequests = [requestText(openPath)];

const factsLines = () => {
  const line = (token, app, scopes) => `${token} ${app} ${userOf(hashOf(token), smallWorld)} ${scopes}`;
  const tokens = Array.from({ length: smallWorld.tokens }, (_, number) => tokenOf(number));
  const ordinary = tokens.map((token) => line(token, `app-${appOf(hashOf(token), smallWorld)}`, `default ${scope}`));
  const unscoped = line(special.unscoped, `app-${appOf(hashOf(special.unscoped), smallWorld)}`, 'default');
  return [...ordinary, unscoped, line(special.limited, limitedApp, `default ${scope}`)].join('\n');
};

/** Starts programs of Debian and of npm as peers, all of them in front of the same backend. */
export class Peers {
  #folder;
  #generator;
  #stops = [];

  constructor(folder, generator) {
    this.#folder = folder;
    this.#generator = generator;
  }

  async startBackend() {
    const [port] = await freePorts(1);
    this.backendPort = port;
    this.backend = await this.#program('backend', nginxCommand(this.#folder, 'backend', backendConfig(port)), { port });
    return port;
  }

  async nginx(name, config, facts = {}) {
    const [port] = await freePorts(1);
    const text = config(port, { backendPort: this.backendPort, ...facts });
    return this.#program(name, nginxCommand(this.#folder, name.replaceAll(/\W+/g, '-'), text), { port, ca: facts.ca });
  }

  plain = () => this.nginx('nginx', plainConfig);

  tls = ({ certFile, keyFile }, ca) => this.nginx('nginx, TLS', tlsConfig, { certFile, keyFile, ca });

  lua() {
    const factsFile = join(this.#folder, 'facts.txt');
    writeFileSync(factsFile, factsLines());
    return this.nginx('nginx + Lua, same gate', luaConfig, {
      luaFile: join(here, 'gate.lua'),
      factsFile,
      world: smallWorld,
    });
  }

  async authRequest() {
    const tokens = Array.from({ length: smallWorld.tokens }, (_, number) => tokenOf(number));
    const [authPort] = await freePorts(1);
    const text = authServiceConfig(authPort, { tokens });
    const service = await this.#program('auth', nginxCommand(this.#folder, 'auth', text), { port: authPort });
    const peer = await this.nginx('nginx + auth_request', authRequestConfig, { authPort });
    return { ...peer, processes: () => ({ nginx: peer.pid, 'auth service': service.pid }) };
  }

  async haproxy() {
    const [port] = await freePorts(1);
    return this.#program('haproxy', haproxyCommand(this.#folder, port, this.backendPort), { port });
  }

  async node(name, file) {
    const [port] = await freePorts(1);
    const cwd = join(this.#folder, file);
    mkdirSync(cwd, { recursive: true });
    const settings = { port, backendUrl: `http://127.0.0.1:${this.backendPort}` };
    const child = start(join(here, 'node-peers', file), [], {
      cwd,
      env: { BENCH_SETTINGS: JSON.stringify(settings), EG_DISABLE_CONFIG_WATCH: 'true' },
      log: join(this.#folder, `${file}.log`),
      core: cores.serving,
      // As we start our own.
      execArgv: ['--max-semi-space-size=32'],
    });
    return this.#ready(name, child, { port });
  }

  async #program(name, { command, args }, target) {
    const log = join(this.#folder, `${name.replaceAll(/\W+/g, '-')}.log`);
    const child = startProgram(command, args, { cwd: this.#folder, log, core: cores.serving });
    return this.#ready(name, child, target);
  }

  async #ready(name, child, target) {
    this.#stops.push(() => child.stop());
    const request = gatedRequests[0];
    await child.until(() => this.#generator.run({ kind: 'once', target, request }).then(Boolean, () => false), 20_000);
    return { name, target, pid: child.pid, processes: () => ({ [name]: child.pid }) };
  }

  async stop() {
    for (const stop of this.#stops.reverse()) await stop();
  }
}
