/** What is used of the official client, in a file of its own: the build puts the library into it (`scripts/bundle.mjs`). */
export { KubeConfig } from '@kubernetes/client-node';
