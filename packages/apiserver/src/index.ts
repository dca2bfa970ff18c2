export { type ApiServer, type ApiServerOptions, createApiServer } from './api-server.ts';
export type { Credentials } from './auth/credentials.ts';
