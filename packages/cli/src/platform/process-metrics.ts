import type { Exposition } from '@ebb/base/metrics';

/** Tells of this process what Prometheus' own clients do, under their names. */
export function exposeProcess(out: Exposition): void {
  const { user, system } = process.cpuUsage();
  const cpu = 'Processor time of this process, without its workers, in seconds.';
  out.counter('process_cpu_seconds_total', cpu, {}, (user + system) / 1e6);
  const memory = 'Memory of this process, without its workers, in bytes.';
  out.gauge('process_resident_memory_bytes', memory, {}, process.memoryUsage.rss());
  const start = 'When this process began, in seconds since the epoch.';
  out.gauge('process_start_time_seconds', start, {}, performance.timeOrigin / 1000);
}
