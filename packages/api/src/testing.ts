import { resources } from './resources.ts';

const admitted = [
  resources.services,
  resources.configurations,
  resources.revisions,
  resources.routes,
  resources.domainMappings,
  resources.podAutoscalers,
  resources.metrics,
  resources.ingresses,
  resources.serverlessServices,
  resources.certificates,
  resources.configMaps,
];

/** Kinds that admission knows, with their groups. */
export const groups: Readonly<Record<string, string>> = Object.fromEntries(
  admitted.map(({ kind, group }) => [kind, group]),
);
