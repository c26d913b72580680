import { connect, type TLSSocket } from 'node:tls';
import type { Answer, Client } from '../https-client.js';
import { type Attack, canary, type Listener } from './attack.js';
import type { RawAttack } from './raw-attacks.js';

export interface Target {
  readonly client: Client;
  readonly ca: Buffer;
  readonly ports: Readonly<Record<Listener, number>>;
  /** What `{name}` stands for. */
  readonly facts: Readonly<Record<string, string>>;
}

export interface Timed extends Answer {
  readonly millis: number;
}

/** Over pooled connections: one that an attack left in disorder would spoil the answer to the next. */
export async function send(target: Target, attack: Attack): Promise<Timed> {
  const fill = (text: string, quoted = (value: string) => value) =>
    text.replace(/\{(\w+)\}/g, (_all, name: string) => quoted(name === 'canary' ? canary : (target.facts[name] ?? '')));
  const filled = (text: string) => fill(text);
  const authorization = authorizationOf(fill(attack.authorization));
  const headers = Object.entries(attack.headers)
    .filter(([, value]) => value.length > 0)
    .map(([name, value]): [string, string | string[]] => [
      name,
      typeof value === 'string' ? filled(value) : value.map((one) => authorizationOf(filled(one))),
    ]);
  const startedAt = performance.now();
  const answer = await target.client.call(
    `https://localhost:${target.ports[attack.at]}${fill(attack.path, encodeURIComponent)}`,
    {
      method: attack.method,
      headers: {
        'X-Canary': 'canary',
        ...(authorization === '' ? {} : { Authorization: authorization }),
        ...Object.fromEntries(headers),
      },
      ...(attack.body === undefined ? {} : { body: bodyOf(attack.body, (text) => fill(text, encodeURIComponent)) }),
      timeoutMillis: 10_000,
    },
  );
  return { ...answer, millis: performance.now() - startedAt };
}

const bodyOf = (body: string | Buffer, fill: (text: string) => string) =>
  typeof body === 'string' ? fill(body) : body;

/** A pair in clear after `Basic ` is encoded, as only now it holds what it stands for. */
function authorizationOf(text: string): string {
  const [, pair] = /^Basic ([^\s*]*:[\s\S]*)$/.exec(text) ?? [];
  return pair === undefined ? text : `Basic ${Buffer.from(pair).toString('base64')}`;
}

export interface RawAnswer {
  /** 0: it was closed without an answer. */
  readonly status: number;
  readonly text: string;
  /** The other side ended the connection, and not in the middle of the answer. */
  readonly isClosed: boolean;
  readonly millis: number;
}

/** Writes bytes over TLS; answers what comes back until the connection is closed or rests. */
export function sendRaw(target: Target, { at, bytes }: RawAttack): Promise<RawAnswer> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    let text = '';
    let millis = 0;
    let rest: NodeJS.Timeout | undefined;
    const socket: TLSSocket = connect(
      {
        host: 'localhost',
        port: target.ports[at],
        servername: 'localhost',
        ca: target.ca,
        ALPNProtocols: ['http/1.1'],
      },
      () => socket.write(Buffer.from(bytes.replace('{basic}', `Authorization: ${target.facts.basic}\r\n`), 'latin1')),
    );
    const finish = (isClosed: boolean) => {
      clearTimeout(rest);
      socket.destroy();
      resolve({ status: Number(text.split(' ')[1] ?? 0), text, isClosed, millis });
    };
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')));
    // A server that has answered may cut off what is still being written.
    socket.on('error', (error) => (text === '' ? reject(error) : finish(true)));
    socket.on('data', (chunk) => {
      millis ||= performance.now() - startedAt;
      text += chunk.toString('latin1');
      clearTimeout(rest);
      rest = setTimeout(finish, 300, false);
    });
    socket.on('end', () => finish(true));
  });
}
