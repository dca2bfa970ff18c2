// Run as a process of its own: serves a data directory until it is killed, and says on standard output where.
import { createTestApi } from '../src/testing.ts';

const [, , dataDir = ''] = process.argv;
const { url, caCertificate, token } = await createTestApi({ dataDir });
process.stdout.write(`${JSON.stringify({ url, caCertificate, token })}\n`);
