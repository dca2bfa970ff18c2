import { type JsonObject, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { ageColumn, type Column, column, count, nameColumn } from './column.ts';

export const horizontalPodAutoscalerColumns: readonly Column[] = [
  nameColumn,
  column('Reference', ({ spec }) => {
    const { kind, name } = objectOf(objectOf(spec)['scaleTargetRef']);
    return `${stringOf(kind)}/${stringOf(name)}`;
  }),
  column('Targets', targetsText),
  column('MinPods', ({ spec }) => String(Number(objectOf(spec)['minReplicas'] ?? 1))),
  count('MaxPods', ({ spec }) => Number(objectOf(spec)['maxReplicas'] ?? 0)),
  count('Replicas', ({ status }) => Number(objectOf(status)['currentReplicas'] ?? 0)),
  ageColumn,
];

/** What is measured and aimed at, for each metric. */
function targetsText({ spec, status }: JsonObject): string {
  const seen = objectsOf(objectOf(status)['currentMetrics']);
  const texts = objectsOf(objectOf(spec)['metrics']).map((metric, index) => {
    const { name, target } = sourceOf(metric);
    const current = valueText(objectOf(sourceOf(seen[index] ?? {}).current));
    return `${name}${current}/${valueText(target)}`;
  });
  return texts.length === 0 ? '<none>' : texts.join(', ');
}

function sourceOf(metric: JsonObject): {
  readonly name: string;
  readonly target: JsonObject;
  readonly current: unknown;
} {
  const type = stringOf(metric['type']);
  const source = objectOf(metric[`${type.charAt(0).toLowerCase()}${type.slice(1)}`]);
  const isResource = type === 'Resource';
  return {
    name: isResource ? `${stringOf(source['name'])}: ` : '',
    target: objectOf(source['target']),
    current: source['current'],
  };
}

function valueText({ averageUtilization, averageValue, value }: JsonObject): string {
  if (averageUtilization !== undefined) return `${Number(averageUtilization)}%`;
  return stringOf(averageValue) || stringOf(value) || '<unknown>';
}
