export { type Autoscaler, type AutoscalerOptions, createAutoscaler } from './autoscaler.ts';
