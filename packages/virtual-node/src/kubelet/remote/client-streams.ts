import type { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { SessionStatus } from '@ebb/base/channels';

/** Which streams a client wants of a command, by the query of `/exec` and `/attach`. */
export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The client's side of a remote command, whatever protocol it speaks. */
export interface ClientStreams {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  /** Sizes of its terminal, as JSON. */
  readonly resize: Readable | undefined;
  /** Aborted when the client is gone. */
  readonly closed: AbortSignal;
  /** Tells how it ended, and closes. Never rejects. */
  finish(status: SessionStatus): Promise<void>;
}

/** The container's side of a remote command. */
export interface Session {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable | undefined;
  readonly resize: Writable | undefined;
  /** How it ended; never rejects. */
  readonly ended: Promise<SessionStatus>;
  /** Cuts it off. */
  close(): void;
}

/** Carries bytes between a client and a session until the session ends or the client leaves; returns how it ended. */
export async function relay(client: ClientStreams, session: Session): Promise<SessionStatus> {
  const leave = (): void => session.close();
  client.closed.addEventListener('abort', leave, { once: true });
  if (client.closed.aborted) leave();
  // Neither is waited for: input may go on when the command has ended.
  void carry(client.stdin, session.stdin, { end: true });
  void carry(client.resize, session.resize, { end: true });
  try {
    await Promise.all([
      carry(session.stdout, client.stdout, { end: false }),
      carry(session.stderr, client.stderr, { end: false }),
    ]);
    return await session.ended;
  } finally {
    client.closed.removeEventListener('abort', leave);
    session.close();
  }
}

/** To the end of the source, or until either breaks off; without a target the source is read to its end all the same. */
async function carry(
  source: Readable | undefined,
  target: Writable | undefined,
  options: { readonly end: boolean },
): Promise<void> {
  if (!source) return;
  try {
    if (target) await pipeline(source, target, options);
    else await finished(source.resume());
  } catch {
    // One side is gone, which `ended` and `closed` tell of.
    source.resume();
  }
}
