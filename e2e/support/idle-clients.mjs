// Opens many TLS connections, makes one request on each and then says nothing more. A process of its own: with both ends in one,
// nobody could tell whose memory is whose. Arguments: port, CA file, how many. Prints `open` when all are there.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

const [port, caFile, count] = process.argv.slice(2);
const ca = readFileSync(caFile);
const sockets = [];
let session;

async function open() {
  // Resumed, as clients do that come back: the handshakes are not what is tested.
  const socket = connect({
    host: 'localhost',
    port: Number(port),
    ca,
    servername: 'localhost',
    session,
    ALPNProtocols: ['http/1.1'],
  });
  socket.once('session', (ticket) => {
    session ??= ticket;
  });
  socket.write('GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(socket, 'data');
  sockets.push(socket);
}

await open();
while (sockets.length < Number(count)) {
  await Promise.all(Array.from({ length: Math.min(100, Number(count) - sockets.length) }, open));
}
console.log('open');
