const master = process.env.MASTER_URL ?? 'http://127.0.0.1:7077';
const worker = process.env.WORKER ?? `worker ${process.pid}`;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** How many of so many random points of a square are within its circle. */
function work(throws) {
  let hits = 0;
  for (let i = 0; i < throws; i += 1) if (Math.random() ** 2 + Math.random() ** 2 < 1) hits += 1;
  return hits;
}

/** The master may not be there yet, nor be there any more. */
async function call(path, init) {
  for (let tries = 0; tries < 100; tries += 1) {
    const response = await fetch(new URL(path, master), init).catch(() => undefined);
    if (response?.ok) return response;
    await sleep(200);
  }
  throw new Error(`no master at ${master}`);
}

for (;;) {
  const response = await call('/task');
  if (response.status === 204) break;
  const { throws } = await response.json();
  await call('/result', { method: 'POST', body: JSON.stringify({ worker, hits: work(throws) }) });
  await sleep(20);
}
console.log(`${worker}: nothing is left to do`);
