import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { type Clock, type Logger, UserError, closerOf, messageOf } from '@ebb/base';
import type { ActionContext } from './action.ts';
import { actions } from './actions.ts';
import type { BadForm } from './faults/fault.ts';
import { Faults } from './faults/faults.ts';
import { openUsageBook } from './billing/usage-book.ts';
import { GroupStore, maxUsages } from './groups/store.ts';
import { ImageCaches } from './images/caches.ts';
import { CallLimits } from './limits/limits.ts';
import { createPanel, panelPath } from './panel/panel.ts';
import { Samples } from './metrics/samples.ts';
import type { Runtime } from './runtime.ts';
import { watchSpotMarket } from './placement/spot-watch.ts';
import { Sessions } from './sessions/sessions.ts';
import { actionOf, maxHeaderBytes, readCall } from './wire/call.ts';
import { EciError } from './wire/error.ts';
import { Nonces } from './wire/nonces.ts';
import { Parameters } from './wire/parameters.ts';
import { type AccessKey, checkSignature } from './wire/signature.ts';

export interface LocalEciOptions {
  /** Address listened on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** The region this ECI is of; calls must name it. Default `cn-hangzhou`. */
  readonly regionId?: string;
  /** Its zones, the first for groups that name none. Default: `a`, `b` and `c` of the region. */
  readonly zones?: readonly string[];
  /** Refuse calls over ECI's published limits with `Throttling`. Default false. */
  readonly limits?: boolean;
  /** Opens the panel for faults, instances and the bill to those who bring this token. Default: there is no panel. */
  readonly panelToken?: string | undefined;
  /** Numbers from 0 up to 1, for faults that come by chance. Default: the middle, always. */
  readonly random?: () => number;
  /** The largest instance in stock, in vCPU and GiB; more is `OperationDenied.NoStock`. Default: 32 and 256. */
  readonly largestInstance?: { readonly cpu: number; readonly memory: number };
  /** Folder where the bill is kept, so that it goes on over a restart; made if it is not there. Default: in memory alone. */
  readonly dataDir?: string | undefined;
  /** The one key whose signature is taken. */
  readonly credentials: AccessKey;
  /** What runs the groups; closed with the ECI. */
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A running local ECI. */
export interface LocalEci extends AsyncDisposable {
  /** `host:port`, as the SDK's `endpoint` takes it, with protocol `http`. */
  readonly endpoint: string;
  readonly regionId: string;
  /**
   * Carries out a call of this process: all that a call over HTTP comes to, without its socket and signature. `action` and its flat
   * parameters are named as on the wire. Rejects with an error whose `code` is ECI's, or the system's.
   */
  readonly call: (action: string, parameters: Readonly<Record<string, string>>) => Promise<object>;
  /** Takes no more calls, stops all groups with their grace, and leaves no process and no port. May be called again. */
  close(): Promise<void>;
}

const maxFormFields = 20_000;

/**
 * Starts an ECI on this machine: the OpenAPI of version 2018-08-08 over HTTP, signatures checked, with a runtime behind.
 * Rejects with `UserError` if the port cannot be listened on.
 */
export async function createLocalEci(options: LocalEciOptions): Promise<LocalEci> {
  const { host = '127.0.0.1', port = 0, regionId = 'cn-hangzhou', runtime, clock, logger } = options;
  const stop = new AbortController();
  const { dataDir } = options;
  const book = dataDir === undefined ? undefined : openUsageBook({ dataDir, max: maxUsages, clock, logger });
  const store = new GroupStore({ runtime, book, clock, logger });
  const { zones = ['a', 'b', 'c'].map((letter) => `${regionId}-${letter}`), random = () => 0.5 } = options;
  const faults = new Faults(random);
  const largestInstance = options.largestInstance ?? { cpu: 32, memory: 256 };
  let endpoint = '';
  const sessions = new Sessions(clock);
  const context: ActionContext = {
    store,
    sessions,
    samples: new Samples(clock),
    images: new ImageCaches(clock),
    market: { regionId, zones, largestInstance, faults, random },
    faults,
    regionId,
    zones,
    endpoint: () => endpoint,
    clock,
    signal: stop.signal,
  };
  const spotWatch = watchSpotMarket({ groups: () => store.list(), market: context.market, clock });
  const perform = createPerformer(context, options);
  const respond = createResponder(perform, context, options);
  const server = createServer({ maxHeaderSize: maxHeaderBytes, requestTimeout: 60_000 }, respond);
  const closeServer = closerOf(server);
  server.on('upgrade', (request, socket, head) => sessions.handleUpgrade(request, socket, head));
  endpoint = await listen(server, host, port).catch((error: unknown) => {
    book?.[Symbol.dispose]();
    spotWatch[Symbol.dispose]();
    throw error;
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      stop.abort(new EciError('ServiceUnavailable', 'This ECI is going down.', 503));
      sessions[Symbol.dispose]();
      spotWatch[Symbol.dispose]();
      // Lets calls under way end, but not for long.
      await closeServer({ ms: 2000, clock });
      await store.close();
    })());
  const call: LocalEci['call'] = async (action, parameters) => {
    stop.signal.throwIfAborted();
    try {
      return await perform(action, new Map(Object.entries(parameters)));
    } catch (error) {
      if (error instanceof AnswerBad) return JSON.parse(error.text) as object;
      throw error instanceof AnswerLost ? error : toEciError(error, options.logger);
    }
  };
  return { endpoint, regionId, call, close, [Symbol.asyncDispose]: close };
}

/** Carries out a call that may be believed. Rejects with `EciError`, `AnswerLost` or `AnswerBad`. */
type Perform = (action: string, parameters: ReadonlyMap<string, string>) => Promise<object>;

function createPerformer(context: ActionContext, { clock, limits: withLimits }: LocalEciOptions): Perform {
  const limits = withLimits ? new CallLimits() : undefined;
  return async (action, parameters) => {
    limits?.admit(action, clock.now());
    const { delayMs, error, losesAnswer, badForm } = context.faults.befall(action);
    if (delayMs > 0) await clock.sleep(delayMs, { signal: context.signal });
    if (error) throw error;
    const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (!act) throw new EciError('InvalidAction.NotFound', 'The specified api is not found.', 404);
    const answered = await act(Parameters.from(parameters), context);
    if (losesAnswer) throw new AnswerLost();
    if (badForm) throw new AnswerBad(badForm, answered);
    return answered;
  };
}

function createResponder(
  perform: Perform,
  context: ActionContext,
  { credentials, clock, logger, panelToken }: LocalEciOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const nonces = new Nonces();
  const panel = panelToken === undefined ? undefined : createPanel({ ...context, token: panelToken });
  const answer = async (request: IncomingMessage): Promise<object> => {
    const call = await readCall(request);
    if (panel && call.path.startsWith(panelPath)) return panel(call);
    if (call.method !== 'POST' && call.method !== 'GET') {
      throw new EciError('UnsupportedHTTPMethod', 'Actions are called by POST or GET.');
    }
    if (call.path !== '/') throw new EciError('InvalidAction.NotFound', 'Actions are called at the path /.', 404);
    if (call.query.size + call.form.size > maxFormFields)
      throw new EciError('InvalidParameter', 'Too many parameters.');
    const { action, parameters } = actionOf(call);
    nonces.admit(checkSignature(call, credentials), clock.now());
    return perform(action, parameters);
  };
  return (request, response) => {
    const requestId = randomUUID().toUpperCase();
    answer(request).then(
      (fields) => send(response, 200, { RequestId: requestId, ...fields }),
      (error: unknown) => {
        if (error instanceof AnswerLost) return void request.socket.destroy();
        if (error instanceof AnswerBad) return void response.end(error.text);
        const { code, message, statusCode } = toEciError(error, logger);
        send(response, statusCode, { RequestId: requestId, HostId: context.endpoint(), Code: code, Message: message });
      },
    );
  };
}

/** A fault: the call was carried out, and nobody hears of it. */
class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
  readonly code = 'ECONNRESET';

  constructor() {
    super('the answer was lost');
  }
}

function toEciError(error: unknown, logger: Logger): EciError {
  const known = knownError(error);
  if (known.statusCode >= 500) logger.error({ error: messageOf(error) }, 'a call to the local ECI failed');
  return known;
}

/** A fault: the call was carried out, and what is answered is none of ECI's. */
class AnswerBad extends Error {
  override readonly name = 'AnswerBad';
  readonly text: string;

  constructor(form: BadForm, answered: object) {
    super(`the answer is to be bad: ${form}`);
    const whole = JSON.stringify(answered);
    this.text = { html: '<html>Please log in</html>', half: whole.slice(0, whole.length / 2), nothing: '{}' }[form];
  }
}

function knownError(error: unknown): EciError {
  if (error instanceof EciError) return error;
  if (error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_URL') {
    return new EciError('InvalidParameter', 'The address of the call cannot be read.');
  }
  return new EciError('InternalError', 'The request processing has failed due to some unknown error.', 500);
}

function send(response: ServerResponse, statusCode: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(statusCode, {
    'content-type': 'application/json;charset=utf-8',
    'content-length': Buffer.byteLength(text),
    // What is left of a body that was refused must not be read as the next call.
    ...(response.req.complete ? {} : { connection: 'close' }),
  });
  response.end(text);
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new UserError(`the local ECI cannot listen on ${host}:${port}: ${cause.message}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the local ECI listens on no port');
  return `${host}:${address.port}`;
}
