// Says hello. TARGET comes from the manifest, PORT and K_REVISION from the platform.
import { createServer } from 'node:http';

const { PORT = '8080', TARGET = 'World', K_REVISION = 'no revision' } = process.env;

const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(`Hello ${TARGET}, from ${K_REVISION}\n`);
});

server.listen(Number(PORT), () => console.log(`listening on port ${PORT}`));

process.on('SIGTERM', () => server.close(() => process.exit(0)));
