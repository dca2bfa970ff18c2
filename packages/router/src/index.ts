export { hostName } from './hosts.ts';
export { ingressHash } from './ingress-hash.ts';
export type {
  CompiledIngress,
  Forward,
  IngressTls,
  Listener,
  NotFound,
  Redirect,
  RouteRequest,
  RouteResult,
  ServiceTarget,
} from './route.ts';
export {
  type RoutingTable,
  type TableOptions,
  type TableUpdate,
  buildTable,
  conflictsOf,
  route,
  updateTable,
} from './table.ts';
