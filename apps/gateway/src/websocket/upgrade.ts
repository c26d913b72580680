import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerUnderWay } from '../http/client-errors.js';
import type { Upgrade } from '../pipeline/exchange.js';
import { takeQueryToken } from './query-token.js';

export type UpgradeListener = (request: IncomingMessage, response: ServerResponse, upgrade: Upgrade) => void;

/** Hands WebSocket handshakes to the listener, with a response that refuses them like any other request. */
export function answerUpgrades(server: Server, listener: UpgradeListener): void {
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    // Sent behind a request that is still being answered: its answer would come out between the other's bytes.
    if (answerUnderWay(socket) !== undefined) return socket.destroy();
    const { target, token } = takeQueryToken(request.url ?? '');
    request.url = target;
    // Nobody reads until there is a backend, but a client that leaves is to be noticed.
    socket.read(0);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => {
      if (response.statusCode === 101) return;
      response.detachSocket(socket);
      socket.end();
      socket.resume();
      socket.setTimeout(lingerMillis, () => socket.destroy());
      response.emit('close');
    });
    listener(request, response, { socket, head, queryToken: token });
  });
}

const lingerMillis = 1_000;
