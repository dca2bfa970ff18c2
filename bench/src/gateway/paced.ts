import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { type Quantiles, quantiles } from '../quantiles.ts';
import { host } from './servers.ts';

const requestText = `GET /small HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
/** The backend's answers are short and come in one piece; this ends them. */
const answerEnd = 'hello, world';

interface Pace {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
}

/**
 * Sends so many requests a second, whether or not those before have been answered, over kept connections; milliseconds from writing
 * a request to the last byte of its answer. A connection that is busy is not waited for: another is opened.
 */
export async function paced({ port, perSecond, seconds }: Pace): Promise<Quantiles> {
  const idle: Socket[] = [];
  const open: Socket[] = [];
  const took: number[] = [];
  const total = perSecond * seconds;
  let failed: Error | undefined;
  const send = async (): Promise<void> => {
    const began = performance.now();
    const socket = idle.pop() ?? (await openSocket(port));
    if (!open.includes(socket)) open.push(socket);
    socket.write(requestText);
    await answered(socket);
    took.push(performance.now() - began);
    idle.push(socket);
  };
  const started = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * perSecond));
      for (; sent < due; sent++) send().catch((error: unknown) => (failed = error as Error));
      if (sent < total) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const deadline = performance.now() + 5000;
  while (took.length < total && !failed && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 10));
  for (const socket of open) socket.destroy();
  if (failed) throw failed;
  // Those that did not come back count as the longest wait there was.
  return quantiles([...took, ...Array.from({ length: total - took.length }, () => 5000)]);
}

async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('latin1');
  await once(socket, 'connect');
  return socket;
}

function answered(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const done = (error?: Error): void => {
      socket.off('data', take).off('close', closed);
      if (error) reject(error);
      else resolve();
    };
    const take = (piece: string): void => {
      text += piece;
      if (text.endsWith(answerEnd)) done(text.startsWith('HTTP/1.1 200') ? undefined : new Error(text.slice(0, 200)));
    };
    const closed = (): void => done(new Error('a proxy closed the connection of a request at a steady pace'));
    socket.on('data', take).once('close', closed);
  });
}
