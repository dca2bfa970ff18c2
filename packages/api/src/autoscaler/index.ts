/** Settings of autoscaling on their own, without anything of Node: for code that runs in a browser too. */
export { type AutoscalerConfig, defaultAutoscalerConfig, hpaClass, kpaClass, parseAutoscalerConfig } from './config.ts';
export { type Aggregation, type ScalingSettings, parseScalingSettings } from './annotations.ts';
