// A chat room over WebSocket, and a clock over server-sent events: what is open counts as load, so the instance stays.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const { PORT = '8080', K_REVISION = 'no revision' } = process.env;
const sockets = new Set();

const server = createServer((request, response) => {
  if (request.url === '/clock') return clock(response);
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(
    `A chat room with ${sockets.size} in it: connect with a WebSocket. The time: curl -N …/clock (${K_REVISION})\n`,
  );
});

/** One event a second, until the client leaves. */
function clock(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const timer = setInterval(() => response.write(`data: ${new Date().toISOString()}\n\n`), 1000);
  response.on('close', () => clearInterval(timer));
}

server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'];
  if (!key) return socket.destroy();
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  sockets.add(socket);
  socket.on('data', (chunk) => receive(socket, chunk));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sockets.delete(socket));
});

/** Short text frames (RFC 6455, section 5.2) go to everybody in the room; a close frame is answered. */
function receive(socket, frame) {
  const opcode = frame[0] & 0x0f;
  const length = frame[1] & 0x7f;
  if (opcode === 8) return socket.end(Buffer.from([0x88, 0]));
  if (opcode !== 1 || length > 125 || frame.length < 6 + length) return;
  const mask = frame.subarray(2, 6);
  const text = frame.subarray(6, 6 + length).map((byte, i) => byte ^ mask[i % 4]);
  const reply = Buffer.concat([Buffer.from([0x81, text.length]), text]);
  for (const other of sockets) other.write(reply);
}

server.listen(Number(PORT), () => console.log(`listening on port ${PORT}`));

process.on('SIGTERM', () => {
  for (const socket of sockets) socket.end(Buffer.from([0x88, 2, 0x03, 0xe9]));
  server.close(() => process.exit(0));
});
