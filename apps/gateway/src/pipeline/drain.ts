import type { IncomingMessage } from 'node:http';

/** Most of an unread request body that is read and dropped; beyond it the connection is closed. */
const maxDrainedBytes = 1024 * 1024;

/**
 * Reads on what a client still sends after it has been answered: many read no answer before they have sent all
 * (WSO2 product-apim#2014), and the connection is of no further use otherwise.
 */
export function drain(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let drained = 0;
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > maxDrainedBytes) request.destroy();
  });
  request.on('error', ignore);
  request.resume();
}

function ignore(): void {}
