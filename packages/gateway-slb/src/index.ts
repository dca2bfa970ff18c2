export { type Gateway, type GatewayOptions, createGateway } from './gateway.ts';
export type { ListenAddress } from './http/listen.ts';
