import { type Address, type ProbeAttempt, type Readiness, attemptProbe, probeHeaders } from '@ebb/activator';
import { type Clock, formatAddress, linkSignals } from '@ebb/base';
import { HeaderList } from '../http/header-block.ts';
import type { Http1Upstream } from '../http1/http1-upstream.ts';
import type { CallSink } from './call.ts';

/**
 * Probes on connections of requests, so that the first request finds one: a connection that could be made, or one on which the
 * instance has answered a GET. Where another port or TLS is to be asked, or HTTP/2 is spoken, that is done apart.
 */
export function probeOn(upstream: Http1Upstream, clock: Clock): ProbeAttempt {
  return async (address, readiness, { signal }) => {
    const { kind, scheme, port = address.port } = readiness;
    if (port !== address.port || scheme === 'https' || readiness.http2) {
      return attemptProbe(address, readiness, { signal });
    }
    using link = linkSignals(signal);
    using _limit = clock.after(readiness.timeoutMs, () => link.abort(new Error('no answer in time')));
    if (kind === 'http') return await ask(upstream, address, readiness, link.signal);
    await upstream.connect(address, link.signal);
    return true;
  };
}

function ask(upstream: Http1Upstream, address: Address, readiness: Readiness, signal: AbortSignal): Promise<boolean> {
  const { path = '/', headers = [] } = readiness;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      call.abort();
      reject(new Error('probing has ended', { cause: signal.reason }));
    };
    const done = (): void => signal.removeEventListener('abort', onAbort);
    const ignore = (): void => {};
    const sink: CallSink = {
      information: ignore,
      // The rest of the answer is read though nobody waits for it any more: then the connection can be used.
      head: ({ status }) => (done(), resolve(status >= 200 && status < 400)),
      data: () => true,
      flush: ignore,
      end: ignore,
      failed: (_, error) => (done(), reject(error)),
    };
    const own = Object.entries(probeHeaders(headers));
    const host = own.some(([name]) => name.toLowerCase() === 'host') ? [] : ['Host', formatAddress(address)];
    const request = {
      method: 'GET',
      path: path.startsWith('/') ? path : `/${path}`,
      headers: new HeaderList([...host, ...own.flat()]),
      body: undefined,
      contentLength: undefined,
      expectsContinue: false,
      written: {},
    };
    const call = upstream.call(address, request, sink);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
