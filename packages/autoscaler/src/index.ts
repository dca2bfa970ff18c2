export { type Autoscaler, type AutoscalerOptions, createAutoscaler } from './autoscaler.ts';
export { type StatServer, type StatServerOptions, startStatServer } from './stats/stat-server.ts';
export { type RevisionWhy, type WhyQuery, answerWhy, formatWhy } from './why.ts';
export { type Told, formatTold, toldAsJson } from './why-events.ts';
