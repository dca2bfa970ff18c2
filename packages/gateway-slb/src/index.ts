export { type ToldColdStart, readColdStart } from './kubernetes/cold-start-events.ts';
export { createGateway } from './gateway.ts';
export type { Gateway, GatewayOptions, PeerOptions } from './gateway-options.ts';
export type { ListenAddress } from './http/listen.ts';
export type { FromWorker, ToWorker, WorkerChannel } from './workers/messages.ts';
export { WorkerHub, type WorkerSeat } from './workers/worker-hub.ts';
export { type StatLink, type StatLinkOptions, createStatLink } from './kubernetes/stat-link.ts';
