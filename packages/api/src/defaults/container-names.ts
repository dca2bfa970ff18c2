import { childName } from '../child-name.ts';
import type { Container, PodSpec } from '../core.ts';
import type { Fields } from '../config/template/functions.ts';
import type { Template } from '../config/template/template.ts';
import type { DefaultsConfig } from '../config/defaults.ts';
import type { ObjectMeta } from '../meta.ts';

/**
 * Gives the containers without a name one (serving-api.md, section 6): the configured name, with a number where the list has
 * several containers or the name is taken.
 */
export function nameContainers(spec: PodSpec, config: DefaultsConfig, parent: ObjectMeta): PodSpec {
  const { containers, initContainers } = spec;
  const given = [...containers, ...(initContainers ?? [])].map(({ name }) => name);
  const taken = new Set(given.filter((name) => name !== undefined && name !== ''));
  const nameAll = (list: Container[], template: Template): Container[] =>
    nameList(list, template.render(templateData(parent)), taken);
  return {
    ...spec,
    containers: nameAll(containers, config.containerNameTemplate),
    ...(initContainers && { initContainers: nameAll(initContainers, config.initContainerNameTemplate) }),
  };
}

function nameList(containers: Container[], base: string, taken: Set<string>): Container[] {
  let next = 0;
  const numbered = (): string => {
    for (;;) {
      const name = childName(base, `-${next++}`);
      if (!taken.has(name)) return name;
    }
  };
  return containers.map((container) => {
    if (container.name) return container;
    const name = containers.length > 1 || taken.has(base) ? numbered() : base;
    taken.add(name);
    return { ...container, name };
  });
}

function templateData({ name = '', namespace = '', labels = {}, annotations = {} }: ObjectMeta): Fields {
  return { Name: name, Namespace: namespace, Labels: labels, Annotations: annotations };
}
