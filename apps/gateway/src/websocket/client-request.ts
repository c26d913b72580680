import { IncomingMessage } from 'node:http';

/**
 * Node gives every request that names any protocol to change to, to the upgrade listener, and its body with it. Clients
 * that only offer `h2c` (Java's do, on every request) want an ordinary answer: for them the offer does not exist.
 */
export class ClientRequest extends IncomingMessage {
  // Set by the constructor of Node's class already: a field of this one would not be there yet.
  declare private isUpgrade: boolean | null;

  // Node's parser sets it before the headers are there, and reads it when they are.
  set upgrade(isAsked: boolean | null) {
    this.isUpgrade = isAsked;
  }

  get upgrade(): boolean | null {
    return this.isUpgrade === true ? this.method === 'CONNECT' || asksForWebSocket(this) : this.isUpgrade;
  }
}

function asksForWebSocket({ rawHeaders }: IncomingMessage): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === 'upgrade' && /(?:^|,)\s*websocket\s*(?:,|$)/i.test(rawHeaders[i + 1] ?? '')) {
      return true;
    }
  }
  return false;
}
