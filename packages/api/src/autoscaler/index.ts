/** Settings of autoscaling on their own, without anything of Node: for code that runs in a browser too. */
export { type AutoscalerConfig, defaultAutoscalerConfig, parseAutoscalerConfig } from './config.ts';
export { alibabaClasses, hpaClass, kpaClass } from './class-names.ts';
export { type Aggregation, type ScalingSettings, parseScalingSettings } from './annotations.ts';
export { type OwnScalingSettings, parseMetricTargets, parseOwnScalingSettings } from './own-annotations.ts';
export { type Schedule, type ScheduledBounds, parseSchedule } from './schedule.ts';
export { parseTimeseries } from './timeseries.ts';
