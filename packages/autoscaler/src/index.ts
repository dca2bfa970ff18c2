export { type Autoscaler, type AutoscalerOptions, createAutoscaler } from './autoscaler.ts';
export { type StatServer, type StatServerOptions, startStatServer } from './stats/stat-server.ts';
