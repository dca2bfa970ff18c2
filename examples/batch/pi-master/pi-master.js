import { createServer } from 'node:http';

const port = Number(process.env.MASTER_PORT ?? 7077);
const tasks = Number(process.env.TASKS ?? 40);
const throws = Number(process.env.THROWS ?? 200_000);

let next = 0;
let done = 0;
let inside = 0;
const byWorker = new Map();

/** GET /task: the next piece of work, or 204 when there is none. POST /result: what came of one. */
const server = createServer((request, response) => {
  if (request.url === '/task') {
    if (next === tasks) return response.writeHead(204).end();
    next += 1;
    return response.end(JSON.stringify({ task: next, throws }));
  }
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    const { worker, hits } = JSON.parse(body);
    done += 1;
    inside += hits;
    byWorker.set(worker, (byWorker.get(worker) ?? 0) + 1);
    console.log(`${done}/${tasks}  π ≈ ${((4 * inside) / (done * throws)).toFixed(5)}`);
    response.end();
    if (done === tasks) finish();
  });
});

function finish() {
  for (const [worker, count] of byWorker) console.log(`${worker}: ${count} tasks`);
  // Workers ask once more, and are told that nothing is left.
  setTimeout(() => process.exit(0), 2000);
}

server.listen(port, () => console.log(`${tasks} tasks, waiting for workers on port ${port}`));
