/** A collection of a core kind in the story's namespace. */
export const core = (plural: string): string => `/api/v1/namespaces/<ns>/${plural}`;

/** A collection of another group's kind in the story's namespace. */
export const inGroup = (groupVersion: string, plural: string): string =>
  `/apis/${groupVersion}/namespaces/<ns>/${plural}`;

export const configMaps: string = core('configmaps');
export const pods: string = core('pods');
export const secrets: string = core('secrets');
export const services: string = core('services');

/** A pod that needs nothing that a cluster may lack. */
export const pod = (name: string, spec: object = {}, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { automountServiceAccountToken: false, containers: [{ name: 'a', image: 'registry.example/a' }], ...spec },
});

export const configMap = (name: string, data: object = {}, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});
