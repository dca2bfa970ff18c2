import { PassThrough, Writable } from 'node:stream';
import { messageOf } from '@ebb/base';
import { ExecError, type Session } from '../runtime.ts';
import type { EngineSession } from './engine-sessions.ts';
import { copy, demultiplex } from './output.ts';

/** Takes an engine's connection apart into streams. Rejects with `ExecError` if there is none. */
export async function openSession(
  open: () => Promise<EngineSession>,
  { stdin, tty }: { readonly stdin: boolean; readonly tty: boolean },
): Promise<Session> {
  const session = await open().catch((cause: unknown) => {
    throw new ExecError(messageOf(cause), { cause });
  });
  const { connection } = session;
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  // What breaks off has ended, and the exit code says how.
  connection.on('error', () => undefined);
  const out = { write: (chunk: Buffer) => write(stdout, chunk) };
  const err = { write: (chunk: Buffer) => write(stderr, chunk) };
  const ended = (tty ? copy(connection, out) : demultiplex(connection, { out, err })).finally(() => {
    stdout.end();
    stderr.end();
  });
  return {
    stdin: stdin ? inputOf(connection) : undefined,
    stdout,
    stderr: tty ? undefined : stderr,
    resize: async (size) => {
      // A command that has just ended has no terminal any more.
      if (tty) await session.resize(size).catch(() => undefined);
    },
    exited: ended.then(async () => {
      try {
        return await session.exitCode();
      } catch (cause) {
        throw new ExecError(messageOf(cause), { cause });
      }
    }),
    close: () => connection.destroy(),
  };
}

/** At its end the connection is closed in this direction only: output is still to come. */
function inputOf(connection: NodeJS.WritableStream): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => void connection.write(chunk, () => done()),
    final: (done) => {
      connection.end();
      done();
    },
  });
}

function write(stream: PassThrough, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    // Called when there is room for more, and also if nobody reads any longer.
    stream.write(chunk, () => resolve());
  });
}
