export { type ToldColdStart, readColdStart } from './kubernetes/cold-start-events.ts';
export { type Gateway, type GatewayOptions, type PeerOptions, createGateway } from './gateway.ts';
export type { ListenAddress } from './http/listen.ts';
export { type StatLink, type StatLinkOptions, createStatLink } from './kubernetes/stat-link.ts';
