import type { ToWorker, WorkerChannel } from '@ebb/gateway-slb';

/** The way to the process whose worker this is; undefined if it is nobody's. */
export function mainProcess(): WorkerChannel | undefined {
  if (!process.send) return undefined;
  return {
    // Without that process this one ends too, and there is nobody to be told.
    send: (message) => void (process.connected && process.send?.(message, undefined, undefined, () => {})),
    listen: (take) => {
      const hear = (message: unknown): void => {
        if (isForGateway(message)) take(message);
      };
      process.on('message', hear);
      return { [Symbol.dispose]: () => void process.off('message', hear) };
    },
  };
}

/** Whoever starts this process may have things of its own to say. */
function isForGateway(message: unknown): message is ToWorker {
  return typeof message === 'object' && message !== null && 'type' in message && 'id' in message;
}
