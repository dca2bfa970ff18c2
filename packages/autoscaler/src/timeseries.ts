import { parseYaml } from '@ebb/api';
import { type Schedule, parseTimeseries } from '@ebb/api/autoscaler';

/** In a ConfigMap of a timeseries: the IANA time zone of its times. */
const timeZoneKey = 'timeZone';

/** The schedule in the data of a ConfigMap of class `ppa` (serverless-node.md, section 4.2). Throws an `Error` that says what is wrong. */
export function scheduleOf(data: Readonly<Record<string, string>>): Schedule {
  const { [timeZoneKey]: timeZone = 'UTC', ...rest } = data;
  return parseTimeseries(jobsOf(rest), timeZone);
}

/** Jobs may be the whole of one key, or its list; Alibaba's pages show no more than their fields. */
function jobsOf(data: Readonly<Record<string, string>>): unknown {
  const [key, text] = Object.entries(data)[0] ?? [];
  if (key === undefined || text === undefined) throw new Error('the ConfigMap has no data');
  const value = parseYaml(key, text);
  return Array.isArray(value) ? { jobs: value } : value;
}
